package dev.mtb.s3;

import com.google.common.base.Splitter;
import java.net.URI;
import java.net.URISyntaxException;
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
  private final HttpHost host;
  private final Optional<UsernamePasswordCredentials> user;

  private Proxies(HttpHost host, Optional<UsernamePasswordCredentials> user) {
    this.host = host;
    this.user = user;
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
    Optional<String> host = value(scheme + ".proxyHost", properties);
    if (host.isPresent()) {
      String exceptions = value("http.nonProxyHosts", properties).orElse("").replace('|', ',');
      int port = value(scheme + ".proxyPort", properties).map(Integer::parseInt).orElse(-1);
      String password = value(scheme + ".proxyPassword", properties).orElse("");
      return isException(endpoint, exceptions)
          ? Optional.empty()
          : Optional.of(
              new Proxies(
                  new HttpHost("http", host.get(), port),
                  value(scheme + ".proxyUser", properties).map(name -> user(name, password))));
    }
    return variable(scheme + "_proxy", environment)
        .filter(url -> !isException(endpoint, variable("no_proxy", environment).orElse("")))
        .map(Proxies::of);
  }

  private static Optional<String> value(String name, Function<String, String> source) {
    return Optional.ofNullable(source.apply(name)).filter(value -> !value.isBlank());
  }

  /** The value of a variable, with its name in lower or upper case. */
  private static Optional<String> variable(String name, Function<String, String> environment) {
    return value(name, environment).or(() -> value(name.toUpperCase(Locale.ROOT), environment));
  }

  /** Parses a URL. As in curl, the scheme may be missing. */
  private static Proxies of(String text) {
    URI url = parse(text.contains("://") ? text : "http://" + text);
    return new Proxies(
        new HttpHost(url.getScheme(), url.getHost(), url.getPort()),
        Optional.ofNullable(url.getUserInfo()).map(Proxies::user));
  }

  private static URI parse(String text) {
    try {
      URI url = new URI(text);
      if (url.getHost() != null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // The exception is dropped, since its message has the URL, which may hold a password.
    }
    throw new IllegalArgumentException("the proxy is not http://[USER:PASSWORD@]HOST:PORT");
  }

  private static UsernamePasswordCredentials user(String info) {
    int colon = info.indexOf(':');
    return colon < 0 ? user(info, "") : user(info.substring(0, colon), info.substring(colon + 1));
  }

  private static UsernamePasswordCredentials user(String name, String password) {
    return new UsernamePasswordCredentials(name, password.toCharArray());
  }

  private static boolean isException(Endpoint endpoint, String exceptions) {
    return Splitter.on(',')
        .trimResults()
        .omitEmptyStrings()
        .splitToStream(exceptions.toLowerCase(Locale.ROOT))
        .anyMatch(
            pattern ->
                matches(pattern, endpoint.host())
                    || matches(pattern, endpoint.host() + ":" + endpoint.port()));
  }

  /**
   * Whether a pattern matches a host. A name matches all its subdomains, with or without a dot or a
   * star before it.
   */
  private static boolean matches(String pattern, String anyHost) {
    String host = anyHost.toLowerCase(Locale.ROOT);
    if (pattern.endsWith("*")) {
      // Java's own way to name a network, such as 127.*, and curl's to name all.
      return host.startsWith(pattern.substring(0, pattern.length() - 1));
    }
    String name = pattern.startsWith("*") ? pattern.substring(1) : pattern;
    String suffix = name.startsWith(".") ? name : "." + name;
    return ("." + host).endsWith(suffix);
  }

  /** Makes a client use it. */
  void apply(HttpClientBuilder builder) {
    builder.setProxy(host);
    if (user.isPresent()) {
      BasicCredentialsProvider credentials = new BasicCredentialsProvider();
      credentials.setCredentials(new AuthScope(host), user.get());
      builder.setDefaultCredentialsProvider(credentials);
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return user.map(u -> u.getUserName() + "@").orElse("") + host.toHostString();
  }
}
