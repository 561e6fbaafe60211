package dev.mtb.s3;

import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;

/**
 * The AWS SDK's search for credentials. It keeps what it has found until that expires. No other
 * class names the SDK, so that it is loaded, and has to be there, for this only.
 */
final class AwsSdk implements CredentialsSource {
  private final DefaultCredentialsProvider provider = DefaultCredentialsProvider.builder().build();

  @Override
  public Credentials get() throws CredentialsException {
    try {
      AwsCredentials found = provider.resolveCredentials();
      Optional<String> token =
          found instanceof AwsSessionCredentials session
              ? Optional.of(session.sessionToken())
              : Optional.empty();
      return new Credentials(found.accessKeyId(), found.secretAccessKey(), token);
    } catch (SdkException e) {
      throw new CredentialsException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    provider.close();
  }

  /** The region in the files and the machine's own metadata; empty if there is none. */
  static Optional<String> region() {
    try {
      return Optional.ofNullable(new DefaultAwsRegionProviderChain().getRegion()).map(Region::id);
    } catch (SdkException e) {
      return Optional.empty();
    }
  }
}
