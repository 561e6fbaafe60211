package dev.mtb.s3;

import java.util.Optional;

/**
 * The credentials that a request is signed with.
 *
 * @param accessKey names the key; sent with each request
 * @param secretKey never sent, and never in a message
 * @param sessionToken of temporary credentials; sent with each request
 */
public record Credentials(String accessKey, String secretKey, Optional<String> sessionToken) {

  /** Credentials that do not expire. */
  public static Credentials of(String accessKey, String secretKey) {
    return new Credentials(accessKey, secretKey, Optional.empty());
  }

  /** Without the secrets. */
  @Override
  public String toString() {
    return "Credentials[" + accessKey + "]";
  }
}
