package dev.mtb.s3;

import java.net.URI;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The settings of the machine for AWS: system properties, environment, files in {@code ~/.aws}, the
 * roles of containers and instances, in the order of the AWS SDK. The SDK is loaded only if the
 * properties and the environment do not have the answer: it takes a third of a second.
 */
public final class AwsSettings {
  private AwsSettings() {}

  /**
   * Finds the credentials of each request, and new ones before they expire.
   *
   * @param identity if it is {@link AwsIdentity#ANY}, the properties and the environment come first
   * @throws NoClassDefFoundError from {@link CredentialsSource#get} if the SDK is needed and not on
   *     the class path
   */
  public static CredentialsSource credentials(AwsIdentity identity) {
    if (!identity.equals(AwsIdentity.ANY)) {
      return new AwsSdk(identity);
    }
    return fixed(System::getProperty, "aws.accessKeyId", "aws.secretAccessKey", "aws.sessionToken")
        .or(
            () ->
                fixed(
                    System::getenv,
                    "AWS_ACCESS_KEY_ID",
                    "AWS_SECRET_ACCESS_KEY",
                    "AWS_SESSION_TOKEN"))
        .map(CredentialsSource::of)
        .orElseGet(() -> new AwsSdk(identity));
  }

  private static Optional<Credentials> fixed(
      Function<String, String> settings, String accessKey, String secretKey, String token) {
    String access = trimmed(settings.apply(accessKey));
    String secret = trimmed(settings.apply(secretKey));
    if (access.isEmpty() || secret.isEmpty()) {
      return Optional.empty();
    }
    String session = trimmed(settings.apply(token));
    return Optional.of(
        new Credentials(
            access, secret, session.isEmpty() ? Optional.empty() : Optional.of(session)));
  }

  private static String trimmed(String value) {
    return value == null ? "" : value.trim();
  }

  /**
   * The URL of the service that the machine is set up for; empty for Amazon's own. One in a profile
   * of {@code ~/.aws/config} is not looked for.
   *
   * @throws IllegalArgumentException if it is no URL
   */
  public static Optional<URI> endpoint() {
    return endpoint(System::getProperty, System::getenv);
  }

  static Optional<URI> endpoint(
      Function<String, String> properties, Function<String, String> environment) {
    boolean isIgnored =
        trimmed(environment.apply("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")).equalsIgnoreCase("true");
    return isIgnored
        ? Optional.empty()
        : Stream.of(
                properties.apply("aws.endpointUrlS3"),
                environment.apply("AWS_ENDPOINT_URL_S3"),
                properties.apply("aws.endpointUrl"),
                environment.apply("AWS_ENDPOINT_URL"))
            .map(AwsSettings::trimmed)
            .filter(url -> !url.isEmpty())
            .findFirst()
            .map(URI::create);
  }

  /** The region that the machine is set up for; empty if it is set up for none. */
  public static Optional<String> region() {
    String named = trimmed(System.getProperty("aws.region", System.getenv("AWS_REGION")));
    return named.isEmpty() ? AwsSdk.region() : Optional.of(named);
  }
}
