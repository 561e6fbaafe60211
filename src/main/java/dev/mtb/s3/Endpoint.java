package dev.mtb.s3;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The server and path for the requests to one bucket.
 *
 * @param scheme {@code https} or {@code http}
 * @param host that is connected to
 * @param port that is connected to
 * @param path before the key, encoded, with a slash at its end
 */
public record Endpoint(String scheme, String host, int port, String path) {
  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  /** A bucket's name that can be a part of a host's name (Amazon S3, "Bucket naming rules"). */
  private static final Pattern LABEL = Pattern.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]");

  private static final Pattern LABELS =
      Pattern.compile(
          "(?=.{3,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");

  /** An address in four numbers, or in the brackets of IPv6. */
  private static final Pattern ADDRESS = Pattern.compile("\\d+(\\.\\d+){3}|\\[.*]");

  /**
   * Finds the endpoint of a bucket.
   *
   * @param server the URL of a server; empty for Amazon's own
   * @param pathStyle whether the bucket's name stands in the path in any case
   * @throws IllegalArgumentException if the URL has no host
   */
  public static Endpoint of(String bucket, String region, Optional<URI> server, boolean pathStyle) {
    URI url = server.orElseGet(() -> URI.create("https://" + amazonHost(region)));
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    boolean isTls = scheme.equals("https");
    if (url.getHost() == null || !(isTls || scheme.equals("http"))) {
      throw new IllegalArgumentException("the endpoint " + url + " is not http(s)://HOST[:PORT]");
    }
    int port = url.getPort() >= 0 ? url.getPort() : isTls ? HTTPS : HTTP;
    String path = url.getRawPath() == null ? "" : url.getRawPath();
    String base = path.endsWith("/") ? path : path + "/";
    // A certificate for *.HOST does not hold for two labels.
    boolean fitsHost = (isTls ? LABEL : LABELS).matcher(bucket).matches();
    boolean isNumeric =
        ADDRESS.matcher(bucket).matches() || ADDRESS.matcher(url.getHost()).matches();
    if (pathStyle || !fitsHost || isNumeric) {
      return new Endpoint(scheme, url.getHost(), port, base + Encoding.encode(bucket) + "/");
    }
    return new Endpoint(scheme, bucket + "." + url.getHost(), port, base);
  }

  /** Amazon's host for a region (AWS SDK for Java, "partitions.json" and the rules of S3). */
  private static String amazonHost(String region) {
    String service = isSet("AWS_USE_FIPS_ENDPOINT") ? "s3-fips" : "s3";
    if (isSet("AWS_USE_DUALSTACK_ENDPOINT")) {
      service += ".dualstack";
    }
    return service + "." + region + "." + domain(region);
  }

  private static boolean isSet(String variable) {
    return "true".equalsIgnoreCase(System.getenv(variable));
  }

  private static String domain(String region) {
    if (region.startsWith("cn-")) {
      return "amazonaws.com.cn";
    }
    if (region.startsWith("us-isob-")) {
      return "sc2s.sgov.gov";
    }
    if (region.startsWith("us-isof-")) {
      return "csp.hci.ic.gov";
    }
    if (region.startsWith("us-iso-")) {
      return "c2s.ic.gov";
    }
    if (region.startsWith("eu-isoe-")) {
      return "cloud.adc-e.uk";
    }
    return region.startsWith("eusc-") ? "amazonaws.eu" : "amazonaws.com";
  }

  /** The header {@code Host}: without the port that the scheme has anyway. */
  String hostHeader() {
    return port == (scheme.equals("https") ? HTTPS : HTTP) ? host : host + ":" + port;
  }
}
