package dev.mtb.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.endpoints.S3EndpointProvider;

/** The hosts and paths of requests, compared with those of the AWS SDK. */
class EndpointTest {
  private static final List<String> BUCKETS =
      List.of(
          "bucket",
          "my-bucket",
          "my.bucket",
          "www.example.com",
          "my_bucket",
          "MyBucket",
          "abc",
          "123",
          "1234567890",
          "192.168.1.1",
          "1.2.3",
          "a.b",
          "a-.b",
          "a..b",
          "bucket-",
          "x".repeat(63));

  private static final List<String> REGIONS =
      List.of(
          "us-east-1",
          "us-west-2",
          "eu-central-1",
          "eu-west-3",
          "ap-southeast-4",
          "cn-north-1",
          "cn-northwest-1",
          "us-gov-west-1",
          "us-iso-east-1",
          "us-isob-east-1",
          "us-isof-south-1",
          "eu-isoe-west-1",
          "eusc-de-east-1");

  private static final List<String> SERVERS =
      List.of(
          "http://localhost:9000",
          "https://localhost:9000",
          "http://127.0.0.1:9000",
          "http://minio.example.org",
          "https://s3.example.org",
          "https://s3.example.org:443",
          "https://s3.example.org/base/path",
          "http://s3.example.org:8080/base/",
          "https://ACCOUNT.r2.example.com");

  @Test
  void endpointsOfAmazon_areThoseOfTheSdk() {
    List<String> differences = new ArrayList<>();
    for (String region : REGIONS) {
      for (String bucket : BUCKETS) {
        compare(bucket, region, Optional.empty(), false, differences);
        compare(bucket, region, Optional.empty(), true, differences);
      }
    }
    assertThat(differences).isEmpty();
  }

  @Test
  void endpointsOfOtherServers_areThoseOfTheSdk() {
    List<String> differences = new ArrayList<>();
    for (String server : SERVERS) {
      for (String bucket : BUCKETS) {
        compare(bucket, "us-east-1", Optional.of(server), false, differences);
        compare(bucket, "us-east-1", Optional.of(server), true, differences);
      }
    }
    assertThat(differences).isEmpty();
  }

  /** The SDK makes an invalid host name from it. */
  @Test
  void bucketOnAnAddressOfIpv6_standsInThePath() {
    for (String bucket : BUCKETS) {
      assertThat(ours(bucket, "us-east-1", Optional.of("http://[::1]:9000"), false))
          .isEqualTo("http://[::1]:9000/" + bucket + "/");
    }
  }

  private static void compare(
      String bucket,
      String region,
      Optional<String> server,
      boolean pathStyle,
      List<String> differences) {
    String ours = ours(bucket, region, server, pathStyle);
    String theirs = theirs(bucket, region, server, pathStyle);
    if (!ours.equals(theirs)) {
      differences.add(
          bucket
              + " in "
              + region
              + server.orElse("")
              + (pathStyle ? ", path style" : "")
              + ": "
              + ours
              + " instead of "
              + theirs);
    }
  }

  private static String ours(
      String bucket, String region, Optional<String> server, boolean pathStyle) {
    Endpoint endpoint = Endpoint.of(bucket, region, server.map(URI::create), pathStyle);
    return endpoint.scheme() + "://" + endpoint.hostHeader() + endpoint.path();
  }

  private static String theirs(
      String bucket, String region, Optional<String> server, boolean pathStyle) {
    URI url =
        S3EndpointProvider.defaultProvider()
            .resolveEndpoint(
                r -> {
                  r.bucket(bucket).region(Region.of(region)).forcePathStyle(pathStyle);
                  server.ifPresent(r::endpoint);
                })
            .join()
            .endpointUrl()
            .toUri();
    if (url.getHost() == null) {
      // An address with labels before it is no host; with us the bucket stands in the path.
      return server.orElseThrow() + "/" + bucket + "/";
    }
    // A port that the scheme has anyway is left out of the header, and the path ends with a slash.
    boolean isUsual = url.getPort() == (url.getScheme().equals("https") ? 443 : 80);
    String port = url.getPort() < 0 || isUsual ? "" : ":" + url.getPort();
    String path = url.getRawPath().endsWith("/") ? url.getRawPath() : url.getRawPath() + "/";
    return url.getScheme() + "://" + url.getHost() + port + path;
  }

  @ParameterizedTest
  @CsvSource({
    "http://s3.example.org, 80, s3.example.org",
    "https://s3.example.org, 443, s3.example.org",
    "http://s3.example.org:80, 80, s3.example.org",
    "http://s3.example.org:443, 443, s3.example.org:443",
    "https://s3.example.org:443, 443, s3.example.org",
    "https://s3.example.org:80, 80, s3.example.org:80",
    "HTTPS://s3.example.org:9000, 9000, s3.example.org:9000",
    "http://[::1]:9000/x, 9000, [::1]:9000"
  })
  void hostHeader_hasThePortIfItIsAnotherThanTheUsual(String url, int port, String header) {
    Endpoint endpoint =
        Endpoint.of("bucket", "us-east-1", Optional.of(URI.create(url)), /* pathStyle= */ true);

    assertThat(endpoint.port()).isEqualTo(port);
    assertThat(endpoint.hostHeader()).isEqualTo(header);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:9000", "ftp://host", "s3.example.org", "http:///x", "/path"})
  void urlWithoutASchemeOrHost_isRefused(String url) {
    assertThatThrownBy(() -> Endpoint.of("bucket", "us-east-1", Optional.of(URI.create(url)), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(url)
        .hasMessageContaining("http(s)://HOST[:PORT]");
  }
}
