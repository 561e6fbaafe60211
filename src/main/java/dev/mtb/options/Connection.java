package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How the place of the backup is reached. Immutable.
 *
 * @param requireMount whether a place that is not on a mounted S3FS is refused
 * @param via how a place on a mounted S3FS is reached; for a plain directory it does not matter
 * @param endpoint the URL ({@code http} or {@code https}) of the S3 service, for an {@link
 *     S3Location}; empty for Amazon's own in the region
 * @param region the region of the bucket, for an {@link S3Location}; empty for what the AWS SDK
 *     finds ({@code AWS_REGION}, {@code ~/.aws/config}), or else {@code us-east-1}
 * @param addressing where the name of the bucket stands in a request, for an {@link S3Location}
 * @param passwdFile a password file of s3fs ({@code key:secret}) with the credentials, for an
 *     {@link S3Location}; empty for what the AWS SDK finds (environment, {@code ~/.aws}, the
 *     machine's role)
 * @param signPayload whether the SHA-256 of each content is signed, so that it cannot be changed in
 *     transit over plain {@code http}; each content is then read once more. Over {@code https} TLS
 *     ensures that anyway. Without it a signed MD5 protects the content only against accidental
 *     changes
 */
public record Connection(
    boolean requireMount,
    Via via,
    Optional<URI> endpoint,
    Optional<String> region,
    Addressing addressing,
    Optional<Path> passwdFile,
    boolean signPayload) {
  /** Any place, reached by the fastest way; for a bucket the settings that the AWS SDK finds. */
  public static final Connection DEFAULT =
      new Connection(
          false,
          Via.AUTO,
          Optional.empty(),
          Optional.empty(),
          Addressing.AUTO,
          Optional.empty(),
          false);

  /**
   * Checks the values.
   *
   * @throws InvalidJobException if the endpoint is not the URL of a server, or the region is empty
   */
  public Connection {
    requireNonNull(via);
    requireNonNull(addressing);
    requireNonNull(passwdFile);
    endpoint.ifPresent(Connection::check);
    if (region.isPresent() && region.get().isBlank()) {
      throw new InvalidJobException("the region is empty");
    }
  }

  private static void check(URI url) {
    boolean isWeb = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (!isWeb || url.getHost() == null) {
      throw new InvalidJobException(
          "the endpoint '" + url + "' is not a URL such as https://s3.example.com");
    }
    if (url.getUserInfo() != null) {
      // They would appear in messages and reports.
      throw new InvalidJobException(
          "the endpoint must not hold credentials; give them with Connection.passwdFile");
    }
  }

  /** The same with another {@link #requireMount()}. */
  public Connection withRequireMount(boolean value) {
    return new Connection(value, via, endpoint, region, addressing, passwdFile, signPayload);
  }

  /** The same with another {@link #via()}. */
  public Connection withVia(Via value) {
    return new Connection(
        requireMount, value, endpoint, region, addressing, passwdFile, signPayload);
  }

  /** The same with an {@link #endpoint()}. */
  public Connection withEndpoint(URI url) {
    return new Connection(
        requireMount, via, Optional.of(url), region, addressing, passwdFile, signPayload);
  }

  /** The same with a {@link #region()}. */
  public Connection withRegion(String name) {
    return new Connection(
        requireMount, via, endpoint, Optional.of(name), addressing, passwdFile, signPayload);
  }

  /** The same with another {@link #addressing()}. */
  public Connection withAddressing(Addressing value) {
    return new Connection(requireMount, via, endpoint, region, value, passwdFile, signPayload);
  }

  /** The same with a {@link #passwdFile()}. */
  public Connection withPasswdFile(Path file) {
    return new Connection(
        requireMount, via, endpoint, region, addressing, Optional.of(file), signPayload);
  }

  /** The same with another {@link #signPayload()}. */
  public Connection withSignPayload(boolean value) {
    return new Connection(requireMount, via, endpoint, region, addressing, passwdFile, value);
  }
}
