package dev.mtb.s3;

import java.nio.file.Path;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.ContainerCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.InstanceProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.profiles.ProfileFileLocation;
import software.amazon.awssdk.profiles.ProfileFileSystemSetting;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.utils.SdkAutoCloseable;
import software.amazon.awssdk.utils.SystemSetting;

/**
 * The AWS SDK's search for credentials. It keeps what it has found until shortly before that
 * expires. No other class uses the SDK, so that it is loaded, and needed on the class path, only
 * for this search; it loads its clients of STS and SSO itself if a profile or the environment asks
 * for them.
 */
final class AwsSdk implements CredentialsSource {
  private final AwsIdentity identity;
  private final AwsCredentialsProvider provider;

  AwsSdk(AwsIdentity identity) {
    this.identity = identity;
    provider =
        switch (identity.kind()) {
          case ANY -> DefaultCredentialsProvider.builder().build();
          case PROFILE -> ProfileCredentialsProvider.create(identity.profile().orElseThrow());
          case INSTANCE -> InstanceProfileCredentialsProvider.create();
          case CONTAINER -> ContainerCredentialsProvider.builder().build();
        };
  }

  @Override
  public Credentials get() throws CredentialsException {
    AwsCredentials found;
    try {
      Optional<String> missing = missingProfile();
      if (missing.isPresent()) {
        // The SDK would go on searching, and would use the role of the machine.
        throw new CredentialsException(missing.get(), null);
      }
      found = provider.resolveCredentials();
    } catch (SdkException | IllegalArgumentException | IllegalStateException e) {
      throw new CredentialsException(reason(e), e);
    }
    Optional<String> token =
        found instanceof AwsSessionCredentials session
            ? Optional.of(session.sessionToken())
            : Optional.empty();
    return new Credentials(found.accessKeyId(), found.secretAccessKey(), token);
  }

  /**
   * The message for a profile that the user has named and that does not exist. A misspelt name must
   * not silently select other credentials.
   */
  private Optional<String> missingProfile() {
    Optional<String> name =
        identity.profile().or(ProfileFileSystemSetting.AWS_PROFILE::getStringValue);
    boolean isNamed =
        identity.kind() == AwsIdentity.Kind.PROFILE
            || (identity.kind() == AwsIdentity.Kind.ANY && isSet("aws.profile", "AWS_PROFILE"));
    return name.filter(n -> isNamed && ProfileFile.defaultProfileFile().profile(n).isEmpty())
        .map(
            n ->
                "there is no profile '"
                    + n
                    + "' in "
                    + files()
                    + "; correct its name"
                    + (identity.kind() == AwsIdentity.Kind.ANY ? " (AWS_PROFILE)" : "")
                    + ", or add it (aws configure list-profiles shows those that are there)");
  }

  private static boolean isSet(String property, String variable) {
    return System.getProperty(property) != null || System.getenv(variable) != null;
  }

  private static String files() {
    Path credentials = ProfileFileLocation.credentialsFilePath();
    Path config = ProfileFileLocation.configurationFilePath();
    return credentials + " or " + config;
  }

  /**
   * Why there are no credentials. The SDK reports every place of its search; this method reports
   * the first place that was set up.
   *
   * @return empty if none was
   */
  private String reason(RuntimeException e) {
    if (identity.kind() == AwsIdentity.Kind.INSTANCE) {
      return "the role of this instance gives no credentials: " + e.getMessage();
    }
    if (identity.kind() == AwsIdentity.Kind.CONTAINER) {
      return "the role of this container gives no credentials: " + e.getMessage();
    }
    if (identity.kind() == AwsIdentity.Kind.ANY
        && SdkSystemSetting.AWS_WEB_IDENTITY_TOKEN_FILE.getStringValue().isPresent()) {
      String file = SdkSystemSetting.AWS_WEB_IDENTITY_TOKEN_FILE.getStringValue().get();
      return failure(WebIdentityTokenFileCredentialsProvider.create())
          .map(why -> "the token in " + file + " gives no credentials: " + why)
          .orElse("");
    }
    String name =
        identity.profile().orElseGet(ProfileFileSystemSetting.AWS_PROFILE::getStringValueOrThrow);
    if (ProfileFile.defaultProfileFile().profile(name).isPresent()) {
      return failure(ProfileCredentialsProvider.create(name))
          .map(
              why ->
                  "the profile '"
                      + name
                      + "' of "
                      + files()
                      + " gives no credentials: "
                      + why
                      + "; if it is one of SSO, run aws sso login for it")
          .orElse("");
    }
    boolean isInContainer =
        isSet(SdkSystemSetting.AWS_CONTAINER_CREDENTIALS_FULL_URI)
            || isSet(SdkSystemSetting.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI);
    return isInContainer
        ? failure(ContainerCredentialsProvider.builder().build())
            .map(why -> "the role of this container gives no credentials: " + why)
            .orElse("")
        : "";
  }

  private static boolean isSet(SystemSetting setting) {
    return setting.getStringValue().isPresent();
  }

  /** The failure of one place; empty if it gives credentials now. */
  private static Optional<String> failure(AwsCredentialsProvider place) {
    try {
      var unused = place.resolveCredentials();
      return Optional.empty();
    } catch (SdkException | IllegalArgumentException | IllegalStateException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } finally {
      close(place);
    }
  }

  private static void close(AwsCredentialsProvider place) {
    if (place instanceof SdkAutoCloseable closeable) {
      closeable.close();
    }
  }

  @Override
  public void close() {
    close(provider);
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
