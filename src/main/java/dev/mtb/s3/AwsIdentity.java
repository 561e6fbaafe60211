package dev.mtb.s3;

import java.util.Optional;

/**
 * A choice among the AWS credentials of a machine.
 *
 * @param kind where they come from
 * @param profile its name, for {@link Kind#PROFILE}
 */
public record AwsIdentity(Kind kind, Optional<String> profile) {
  /** Where credentials come from. */
  public enum Kind {
    /** The first place in the order of the AWS SDK that has some. */
    ANY,
    /** A profile of {@code ~/.aws}, whatever leads to its credentials. */
    PROFILE,
    /** The role of the instance of EC2. */
    INSTANCE,
    /** The role of the container. */
    CONTAINER
  }

  /** The first credentials that are found. */
  public static final AwsIdentity ANY = of(Kind.ANY);

  /** Credentials of a kind. */
  public static AwsIdentity of(Kind kind) {
    return new AwsIdentity(kind, Optional.empty());
  }

  /** The credentials of a profile. */
  public static AwsIdentity ofProfile(String name) {
    return new AwsIdentity(Kind.PROFILE, Optional.of(name));
  }
}
