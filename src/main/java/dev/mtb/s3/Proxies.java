package dev.mtb.s3;

import com.google.common.base.Splitter;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.HttpHost;

/**
 * The proxy that the environment names for an endpoint, as curl, rclone and the AWS SDK read it:
 * {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, or Java's own properties.
 */
final class Proxies {
  private final URI proxy;

  private Proxies(URI proxy) {
    this.proxy = proxy;
  }

  /** The proxy for an endpoint; empty if it is connected to directly. */
  static Optional<Proxies> of(Endpoint endpoint) {
    return of(endpoint, System::getProperty, System::getenv);
  }

  static Optional<Proxies> of(
      Endpoint endpoint,
      Function<String, String> properties,
      Function<String, String> environment) {
    String scheme = endpoint.scheme();
    String host = properties.apply(scheme + ".proxyHost");
    if (host != null && !host.isEmpty()) {
      String port = properties.apply(scheme + ".proxyPort");
      String none = Optional.ofNullable(properties.apply("http.nonProxyHosts")).orElse("");
      return proxy(host + (port == null ? "" : ":" + port), endpoint, none.replace('|', ','));
    }
    String name = scheme + "_proxy";
    return variable(name, environment)
        .flatMap(url -> proxy(url, endpoint, variable("no_proxy", environment).orElse("")));
  }

  /** In small letters, or in capitals. */
  private static Optional<String> variable(String name, Function<String, String> environment) {
    return Optional.ofNullable(environment.apply(name))
        .or(() -> Optional.ofNullable(environment.apply(name.toUpperCase(Locale.ROOT))))
        .filter(value -> !value.isBlank());
  }

  private static Optional<Proxies> proxy(String url, Endpoint endpoint, String exceptions) {
    boolean isException =
        Splitter.on(',')
            .trimResults()
            .omitEmptyStrings()
            .splitToStream(exceptions)
            .anyMatch(pattern -> matches(pattern, endpoint.host()));
    return isException
        ? Optional.empty()
        : Optional.of(new Proxies(URI.create(url.contains("://") ? url : "http://" + url)));
  }

  /** A name holds for all names below it, with or without a dot or a star before it. */
  private static boolean matches(String pattern, String host) {
    if (pattern.equals("*")) {
      return true;
    }
    String name = pattern.startsWith("*") ? pattern.substring(1) : pattern;
    String suffix = name.startsWith(".") ? name : "." + name;
    return ("." + host).endsWith(suffix);
  }

  /** Makes a client use it. */
  void apply(HttpClientBuilder builder) {
    HttpHost host = new HttpHost(proxy.getScheme(), proxy.getHost(), proxy.getPort());
    builder.setProxy(host);
    String user = proxy.getUserInfo();
    if (user != null) {
      int colon = user.indexOf(':');
      String name = colon < 0 ? user : user.substring(0, colon);
      String password = colon < 0 ? "" : user.substring(colon + 1);
      BasicCredentialsProvider credentials = new BasicCredentialsProvider();
      credentials.setCredentials(
          new AuthScope(host), new UsernamePasswordCredentials(name, password.toCharArray()));
      builder.setDefaultCredentialsProvider(credentials);
    }
  }

  @Override
  public String toString() {
    return proxy.getHost() + ":" + proxy.getPort();
  }
}
