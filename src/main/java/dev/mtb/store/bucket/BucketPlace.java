package dev.mtb.store.bucket;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.s3.AwsIdentity;
import dev.mtb.s3.AwsSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a bucket is and how its objects are to be stored.
 *
 * @param location the bucket, and the prefix of the destination in it
 * @param endpoint of the service; empty for Amazon's own
 * @param region for the signature; empty for what the machine is set up for
 * @param pathStyle whether the bucket's name stands in the path
 * @param passwdFile of s3fs, with the credentials; empty for what the machine has
 * @param identity which credentials of the machine are taken, without a password file
 * @param style what every new object is given
 */
public record BucketPlace(
    S3Location location,
    Optional<URI> endpoint,
    Optional<String> region,
    boolean pathStyle,
    Optional<Path> passwdFile,
    AwsIdentity identity,
    ObjectStyle style) {

  /** A place whose credentials are in the password file, or else the first that the machine has. */
  public BucketPlace(
      S3Location location,
      Optional<URI> endpoint,
      Optional<String> region,
      boolean pathStyle,
      Optional<Path> passwdFile,
      ObjectStyle style) {
    this(location, endpoint, region, pathStyle, passwdFile, AwsIdentity.ANY, style);
  }

  /** The same with the credentials of the instance's role. */
  public BucketPlace withInstanceRole() {
    return with(AwsIdentity.of(AwsIdentity.Kind.INSTANCE));
  }

  /** The same with the credentials of the container's role. */
  public BucketPlace withContainerRole() {
    return with(AwsIdentity.of(AwsIdentity.Kind.CONTAINER));
  }

  /** The same with the credentials of a profile of {@code ~/.aws}. */
  public BucketPlace withProfile(String name) {
    return with(AwsIdentity.ofProfile(name));
  }

  private BucketPlace with(AwsIdentity other) {
    return new BucketPlace(location, endpoint, region, pathStyle, Optional.empty(), other, style);
  }

  /**
   * What a job says.
   *
   * @param options its endpoint, region, addressing and password file
   * @throws InvalidJobException if the endpoint in the environment is no URL, or Amazon does not
   *     have the storage class
   */
  public static BucketPlace of(S3Location location, BackupOptions options) {
    Optional<URI> endpoint = options.connection().endpoint().or(BucketPlace::endpointOfMachine);
    if (endpoint.isEmpty()) {
      options.objectStyle().checkForAmazon();
    }
    boolean pathStyle =
        switch (options.connection().addressing()) {
          case PATH -> true;
          case VIRTUAL -> false;
          case AUTO -> endpoint.isPresent();
        };
    return new BucketPlace(
        location,
        endpoint,
        options.connection().region(),
        pathStyle,
        options.connection().passwdFile(),
        AwsIdentity.ANY,
        options.objectStyle());
  }

  private static Optional<URI> endpointOfMachine() {
    try {
      return AwsSettings.endpoint();
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException(
          "AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL is no URL: " + e.getMessage(), e);
    }
  }

  /** The name in messages. */
  String name() {
    return location + endpoint.map(url -> " at " + url).orElse("");
  }
}
