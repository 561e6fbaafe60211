package dev.mtb.s3;

import static dev.mtb.s3.ScriptedServer.answer;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of the proxy, and a check that requests go through it. */
class ProxiesTest {
  private static final Endpoint HTTP = endpoint("http://s3.example.org:9000");
  private static final Endpoint HTTPS = endpoint("https://s3.example.org");

  private final ChangedProperties changed = new ChangedProperties();

  @AfterEach
  void restore() {
    changed.restore();
  }

  private void useProxy(String scheme, ScriptedServer proxy) {
    changed.set("http.nonProxyHosts", "");
    changed.set(scheme + ".proxyHost", "127.0.0.1");
    changed.set(scheme + ".proxyPort", Integer.toString(proxy.port()));
  }

  private static Endpoint endpoint(String url) {
    return Endpoint.of("bucket", "us-east-1", Optional.of(URI.create(url)), /* pathStyle= */ true);
  }

  private static String proxy(
      Endpoint endpoint, Map<String, String> properties, Map<String, String> environment) {
    return Proxies.of(endpoint, properties::get, environment::get)
        .map(Proxies::toString)
        .orElse("none");
  }

  private static String proxy(Endpoint endpoint, Map<String, String> environment) {
    return proxy(endpoint, Map.of(), environment);
  }

  @Test
  void variables_areTakenInSmallLettersAndInCapitals() {
    assertThat(proxy(HTTPS, Map.of())).isEqualTo("none");
    assertThat(proxy(HTTPS, Map.of("HTTPS_PROXY", "http://big:1"))).isEqualTo("big:1");
    assertThat(proxy(HTTPS, Map.of("https_proxy", "http://small:1"))).isEqualTo("small:1");
    assertThat(proxy(HTTPS, Map.of("https_proxy", "small:1", "HTTPS_PROXY", "big:1")))
        .isEqualTo("small:1");
    assertThat(proxy(HTTPS, Map.of("https_proxy", " ", "HTTPS_PROXY", "big:1"))).isEqualTo("big:1");
    assertThat(proxy(HTTPS, Map.of("HTTP_PROXY", "http://other:1"))).isEqualTo("none");
    assertThat(proxy(HTTP, Map.of("HTTPS_PROXY", "http://other:1"))).isEqualTo("none");
    assertThat(proxy(HTTP, Map.of("http_proxy", "http://[::1]:3128/"))).isEqualTo("[::1]:3128");
    assertThat(proxy(HTTP, Map.of("http_proxy", "nowhere.example"))).isEqualTo("nowhere.example");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3.example.org",
        "example.org",
        ".example.org",
        "*.example.org",
        "EXAMPLE.org",
        "org",
        "*",
        "s3.*",
        "other,s3.example.org",
        "other, example.org ,",
        "s3.example.org:9000",
        "example.org:9000"
      })
  void exception_isConnectedToDirectly(String none) {
    assertThat(proxy(HTTP, Map.of("HTTP_PROXY", "p:1", "NO_PROXY", none))).isEqualTo("none");
    assertThat(proxy(HTTP, Map.of("HTTP_PROXY", "p:1", "no_proxy", none))).isEqualTo("none");
    assertThat(
            proxy(
                HTTP,
                Map.of("http.proxyHost", "p", "http.nonProxyHosts", none.replace(',', '|')),
                Map.of()))
        .isEqualTo("none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "ample.org",
        "3.example.org",
        "x.s3.example.org",
        "example.org:9001",
        "s3.example.org.com",
        "127.*",
        "*.s3.example.org.x"
      })
  void otherException_isNone(String none) {
    assertThat(proxy(HTTP, Map.of("HTTP_PROXY", "p:1", "NO_PROXY", none))).isEqualTo("p:1");
  }

  @Test
  void propertiesOfJava_comeFirst() {
    Map<String, String> environment =
        Map.of("HTTPS_PROXY", "variable:1", "HTTP_PROXY", "variable:2", "NO_PROXY", "*");
    Map<String, String> properties = new HashMap<>(Map.of("https.proxyHost", "property"));
    assertThat(proxy(HTTPS, properties, environment)).isEqualTo("property");
    assertThat(proxy(HTTP, properties, Map.of("http_proxy", "v:2"))).isEqualTo("v:2");

    properties.put("https.proxyPort", "8443");
    assertThat(proxy(HTTPS, properties, environment)).isEqualTo("property:8443");

    properties.put("https.proxyUser", "me");
    properties.put("https.proxyPassword", "secret");
    assertThat(proxy(HTTPS, properties, environment)).isEqualTo("me@property:8443");

    properties.put("http.nonProxyHosts", "localhost|127.*|s3.example.org");
    assertThat(proxy(HTTPS, properties, environment)).isEqualTo("none");
  }

  @Test
  void password_isNotShown() {
    assertThat(proxy(HTTP, Map.of("HTTP_PROXY", "http://me:secret@p:1"))).isEqualTo("me@p:1");
    assertThatThrownBy(() -> proxy(HTTP, Map.of("HTTP_PROXY", "http://me:secret@")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> proxy(HTTP, Map.of("HTTP_PROXY", "http://me:sec ret@p:1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("ret");
  }

  /** A proxy for plain HTTP is a server that is asked for whole URLs. */
  @Test
  void requestOverHttp_goesThroughTheProxy() throws IOException {
    try (ScriptedServer proxy = ScriptedServer.start()) {
      useProxy("http", proxy);
      try (S3Client client = client("http://s3.invalid:9000")) {
        client.delete("a b//c");
        client.putPart("key", "id", 1, Body.of("content".getBytes(UTF_8)));
      }

      assertThat(proxy.requests())
          .extracting(request -> request.method + " " + request.target)
          .containsExactly(
              "DELETE http://s3.invalid:9000/bucket/a%20b//c",
              "PUT http://s3.invalid:9000/bucket/key?partNumber=1&uploadId=id");
      assertThat(proxy.requests())
          .allMatch(request -> request.header("host").orElseThrow().equals("s3.invalid:9000"))
          .allMatch(request -> request.header("authorization").orElseThrow().startsWith("AWS4-"));
      assertThat(proxy.last().text()).isEqualTo("content");
      assertThat(proxy.connections()).isEqualTo(1);
    }
  }

  @Test
  void proxyThatWantsAPassword_getsIt() throws IOException {
    try (ScriptedServer proxy = ScriptedServer.start()) {
      useProxy("http", proxy);
      changed.set("http.proxyUser", "me");
      changed.set("http.proxyPassword", "se:cret");
      proxy.then(answer(407, "", "Proxy-Authenticate: Basic realm=\"proxy\""));
      try (S3Client client = client("http://s3.invalid:9000")) {
        client.putPart("key", "id", 1, Body.of("content".getBytes(UTF_8)));
      }

      assertThat(proxy.requests()).hasSize(2);
      assertThat(proxy.requests().get(0).header("proxy-authorization")).isEmpty();
      assertThat(proxy.last().header("proxy-authorization"))
          .hasValue("Basic " + Base64.getEncoder().encodeToString("me:se:cret".getBytes(UTF_8)));
      assertThat(proxy.last().header("authorization").orElseThrow()).startsWith("AWS4-");
      assertThat(proxy.last().text()).isEqualTo("content");
    }
  }

  /** The content of the tunnel is not checked, since that would need a certificate. */
  @ParameterizedTest
  @CsvSource({"https://s3.invalid, s3.invalid:443", "https://s3.invalid:9000, s3.invalid:9000"})
  void requestOverHttps_asksTheProxyForATunnel(String url, String authority) throws IOException {
    try (ScriptedServer proxy = ScriptedServer.start()) {
      useProxy("https", proxy);
      proxy.always(
          wire -> {
            wire.send("HTTP/1.1 200 Connected\r\n\r\n");
            wire.end();
          });

      try (S3Client client = client(url)) {
        assertThatThrownBy(() -> client.delete("key")).isInstanceOf(IOException.class);
      }

      assertThat(proxy.requests())
          .extracting(request -> request.method + " " + request.target)
          .containsExactly("CONNECT " + authority);
      assertThat(proxy.last().header("authorization")).isEmpty();
    }
  }

  @Test
  void exception_isReallyConnectedToDirectly() throws IOException {
    try (ScriptedServer proxy = ScriptedServer.start();
        ScriptedServer server = ScriptedServer.start()) {
      useProxy("http", proxy);
      changed.set("http.nonProxyHosts", "localhost|127.*");
      try (S3Client client = new S3Client(server.settings(/* retries= */ 0))) {
        client.delete("key");
      }
      assertThat(server.last().target).isEqualTo("/bucket/key");
      assertThat(proxy.requests()).isEmpty();
    }
  }

  private static S3Client client(String url) {
    CredentialsSource credentials = CredentialsSource.of(Credentials.of("access", "secret"));
    return new S3Client(
        new S3Settings(
            "bucket", "us-east-1", endpoint(url), credentials, 1, 0, Map.of(), false, false));
  }
}
