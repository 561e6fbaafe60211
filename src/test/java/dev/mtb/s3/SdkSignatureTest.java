package dev.mtb.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.mtb.s3.ScriptedServer.Received;
import dev.mtb.testing.Fuzz;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/** The AWS SDK's signer makes the same signature of each request as it came to a server. */
class SdkSignatureTest {
  private static final Credentials FOREVER =
      Credentials.of("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  private static final Credentials TEMPORARY =
      new Credentials(
          FOREVER.accessKey(), FOREVER.secretKey(), Optional.of("AQoDYXdzEPT////+wEXAMPLE=="));

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /** Headers that a proxy may change, and that are not signed. */
  private static final Set<String> UNSIGNED =
      Set.of("authorization", "connection", "content-length", "user-agent");

  /** Changed by the SDK's signer, which makes them itself. */
  private static final Set<String> MADE_BY_SIGNER =
      Set.of("host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token");

  private ScriptedServer server;

  @BeforeEach
  void start() throws IOException {
    server = ScriptedServer.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "a b/c  d",
        "a+b%2B%20/100%",
        "grün/日本/😀",
        "a//b///c/",
        "/leading",
        "//leading",
        "./a/../b/.",
        "..",
        "~-._/~",
        "?x=y&z#f",
        "!\"$'()*,:;<=>@[\\]^`{|}",
        "line\r\nline\ttab",
        "\u0001\u007f\u0085"
      })
  void everyRequest_isSignedAsTheSdkSignsIt(String key) throws IOException {
    for (RequestKind kind : RequestKind.ALL) {
      check(kind, key, FOREVER, Map.of());
      check(kind, key, TEMPORARY, Map.of("x-amz-request-payer", "requester"));
    }
  }

  @Test
  void everyRequest_forAnyKey_isSignedAsTheSdkSignsIt() {
    Fuzz.seeded("SdkSignatureTest")
        .times(
            100,
            random -> {
              String key = key(random);
              RequestKind kind = RequestKind.ALL.get(random.nextInt(RequestKind.ALL.size()));
              check(kind, key, random.nextBoolean() ? FOREVER : TEMPORARY, Map.of());
            });
  }

  /** The path is the key alone. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "/leading", "//leading//", "../a", "a//b"})
  void everyRequest_toAHostOfTheBucket_isSignedAsTheSdkSignsIt(String key) throws IOException {
    for (RequestKind kind : RequestKind.ALL) {
      server.always(ScriptedServer.answer(200, kind.answer(), "ETag: \"x\""));
      Endpoint endpoint = new Endpoint("http", "127.0.0.1", server.port(), "/");
      S3Settings settings =
          new S3Settings(
              "bucket",
              "us-east-1",
              endpoint,
              CredentialsSource.of(FOREVER),
              1,
              0,
              Map.of(),
              false,
              false);
      try (S3Client client = new S3Client(settings)) {
        kind.ours().send(client, key);
      }
      Received request = server.last();
      assertThat(request.path()).startsWith("/").isIn("/", "/" + key, "/" + key + "2");
      assertThat(request.header("authorization"))
          .as("%s %s", kind, request)
          .hasValue(sdkSignature(request, FOREVER));
    }
  }

  /** Any characters, without halves of pairs, which no key has. */
  private static String key(Random random) {
    StringBuilder key = new StringBuilder("k");
    for (int i = random.nextInt(40); i >= 0; i--) {
      int most = List.of(0x80, 0x100, 0x2000, 0x11_0000).get(random.nextInt(4));
      int c = 1 + random.nextInt(most - 1);
      key.appendCodePoint(c >= 0xD800 && c < 0xE000 ? '/' : c);
    }
    return key.toString();
  }

  private void check(
      RequestKind kind, String key, Credentials credentials, Map<String, String> headers)
      throws IOException {
    for (boolean signsPayload : List.of(false, true)) {
      check(kind, key, credentials, server.settings(0, credentials, headers, signsPayload));
    }
  }

  private void check(RequestKind kind, String key, Credentials credentials, S3Settings settings)
      throws IOException {
    server.always(ScriptedServer.answer(200, kind.answer(), "ETag: \"x\""));
    try (S3Client client = new S3Client(settings)) {
      kind.ours().send(client, key);
    }
    Received request = server.last();
    String ours = request.header("authorization").orElseThrow();
    assertThat(ours).as("%s %s", kind, request).isEqualTo(sdkSignature(request, credentials));

    assertThat(unsignedHeaders(request, ours)).as(kind.name()).isSubsetOf(UNSIGNED);
    assertThat(request.header("host")).hasValue("127.0.0.1:" + server.port());
    assertThat(request.header("x-amz-security-token")).isEqualTo(credentials.sessionToken());
    settings.headers().forEach((name, value) -> assertThat(request.header(name)).hasValue(value));
    boolean isUnsigned = kind.name().startsWith("put") && !settings.signsPayload();
    assertThat(request.header("x-amz-content-sha256"))
        .hasValue(isUnsigned ? "UNSIGNED-PAYLOAD" : Signer.sha256(request.body));
  }

  private static Set<String> signedHeaders(String authorization) {
    int start = authorization.indexOf("SignedHeaders=") + "SignedHeaders=".length();
    return new TreeSet<>(
        Splitter.on(';')
            .splitToList(authorization.substring(start, authorization.indexOf(',', start))));
  }

  private static Set<String> unsignedHeaders(Received request, String authorization) {
    Set<String> unsigned = new TreeSet<>();
    request.headers.forEach(header -> unsigned.add(header.getKey()));
    unsigned.removeAll(signedHeaders(authorization));
    return unsigned;
  }

  private static String sdkSignature(Received request, Credentials credentials) {
    SdkHttpRequest.Builder same =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(request.method))
            // Only then the SDK leaves the digest of the content out.
            .protocol("https")
            .encodedPath(request.path());
    String[] host = request.header("host").orElseThrow().split(":", -1);
    same.host(host[0]).port(Integer.parseInt(host[1]));
    for (String parameter : Splitter.on('&').omitEmptyStrings().split(request.query())) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      String value = equals < 0 ? "" : parameter.substring(equals + 1);
      same.appendRawQueryParameter(decoded(name), decoded(value));
    }
    Set<String> signed = signedHeaders(request.header("authorization").orElseThrow());
    request.headers.stream()
        .filter(header -> signed.contains(header.getKey()))
        .filter(header -> !MADE_BY_SIGNER.contains(header.getKey()))
        .forEach(header -> same.appendHeader(header.getKey(), header.getValue()));
    Instant time = TIME.parse(request.header("x-amz-date").orElseThrow(), Instant::from);
    boolean isUnsigned =
        request.header("x-amz-content-sha256").orElseThrow().equals("UNSIGNED-PAYLOAD");
    return AwsV4HttpSigner.create()
        .sign(
            r ->
                r.identity(identity(credentials))
                    .request(same.build())
                    .payload(ContentStreamProvider.fromByteArray(request.body))
                    .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "s3")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                    .putProperty(AwsV4FamilyHttpSigner.DOUBLE_URL_ENCODE, false)
                    .putProperty(AwsV4FamilyHttpSigner.NORMALIZE_PATH, false)
                    .putProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, !isUnsigned)
                    .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(time, ZoneOffset.UTC)))
        .request()
        .firstMatchingHeader("Authorization")
        .orElseThrow();
  }

  private static String decoded(String text) {
    // A plus sign stands for itself in a signature.
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static AwsCredentialsIdentity identity(Credentials credentials) {
    return credentials.sessionToken().isPresent()
        ? AwsSessionCredentialsIdentity.create(
            credentials.accessKey(), credentials.secretKey(), credentials.sessionToken().get())
        : AwsCredentialsIdentity.create(credentials.accessKey(), credentials.secretKey());
  }
}
