package dev.mtb.store.bucket;

import dev.mtb.store.DestinationException;
import dev.mtb.store.Throttle;
import java.time.Duration;
import java.util.function.Supplier;
import javax.xml.stream.XMLStreamException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Makes clients of the AWS SDK that work with Amazon's S3 and with other servers. */
final class S3ClientFactory {
  /**
   * The SDK's own delays are a tenth of these and end after two seconds. A server that restarts
   * takes longer. Five of these delays are 8 to 16 s; they are random, so that the threads do not
   * all send again at once.
   */
  private static final BackoffStrategy DELAYS =
      BackoffStrategy.exponentialDelayHalfJitter(Duration.ofMillis(500), Duration.ofSeconds(20));

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /**
   * Longer than a server takes between two bytes, also when it completes a large upload: Amazon's
   * server sends blanks meanwhile.
   */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(1);

  /** How long an idle connection is kept: servers close idle connections after 5 s to 60 s. */
  private static final Duration IDLE = Duration.ofSeconds(4);

  /** For a place without a region: many servers accept any. */
  private static final String ANY_REGION = "us-east-1";

  private S3ClientFactory() {}

  /** Makes a client and drops it. That loads most of the classes that a first request needs. */
  static void warmUp() {
    S3Client.builder()
        .httpClientBuilder(Apache5HttpClient.builder().useIdleConnectionReaper(false))
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("none", "none")))
        .region(Region.of(ANY_REGION))
        .build()
        .close();
  }

  /**
   * Makes a client.
   *
   * @param connections how many requests at most at a time
   * @param retries how often a request is sent again after a transient error
   * @param throttle the throttle of the moment
   * @throws DestinationException if there are no credentials
   */
  static S3Client make(BucketPlace place, int connections, int retries, Supplier<Throttle> throttle)
      throws DestinationException {
    S3ClientBuilder builder =
        S3Client.builder()
            // As a builder, so that closing the client closes its connections.
            .httpClientBuilder(
                new LimitedHttpClient.Builder(
                    Apache5HttpClient.builder()
                        .maxConnections(connections)
                        .connectionTimeout(CONNECT_TIMEOUT)
                        .socketTimeout(ANSWER_TIMEOUT)
                        .connectionMaxIdleTime(IDLE)
                        .useIdleConnectionReaper(false),
                    throttle))
            .credentialsProvider(credentials(place))
            .region(region(place))
            .forcePathStyle(place.pathStyle())
            // For DeleteObjects: many servers know no other checksum there.
            .addPlugin(LegacyMd5Plugin.create())
            // s3fs cannot mount directory buckets.
            .disableS3ExpressSessionAuth(true)
            // Each body is sent with its MD5, which all servers know.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(
                S3Configuration.builder()
                    // A chunked body needs a server that knows Amazon's own encoding.
                    .chunkedEncodingEnabled(false)
                    // To wait for permission to send the body would double the round trips.
                    .expectContinueEnabled(false)
                    .build())
            .overrideConfiguration(c -> c.retryStrategy(retryStrategy(retries)));
    place.endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  private static RetryStrategy retryStrategy(int retries) {
    return AwsRetryStrategy.standardRetryStrategy().toBuilder()
        .maxAttempts(retries + 1)
        // For a backup it is better to wait than to give up.
        .circuitBreakerEnabled(false)
        .backoffStrategy(DELAYS)
        // An answer that is cut off by an orderly end of the connection.
        .retryOnExceptionOrCause(XMLStreamException.class)
        .build();
  }

  private static AwsCredentialsProvider credentials(BucketPlace place) throws DestinationException {
    if (place.passwdFile().isEmpty()) {
      return DefaultCredentialsProvider.builder().build();
    }
    PasswdFile passwd = PasswdFile.read(place.passwdFile().get(), place.location().bucket());
    return StaticCredentialsProvider.create(
        AwsBasicCredentials.create(passwd.accessKey(), passwd.secretKey()));
  }

  private static Region region(BucketPlace place) {
    if (place.region().isPresent()) {
      return Region.of(place.region().get());
    }
    if (place.passwdFile().isPresent() && place.endpoint().isPresent()) {
      return Region.of(ANY_REGION);
    }
    try {
      return new DefaultAwsRegionProviderChain().getRegion();
    } catch (SdkClientException e) {
      return Region.of(ANY_REGION);
    }
  }
}
