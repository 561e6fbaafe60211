package dev.mtb.s3;

import java.io.IOException;

/** Prints the credentials that a process of this environment finds, as often as it is told to. */
public final class PrintCredentials {
  private PrintCredentials() {}

  /**
   * Prints them, each on a line of its own.
   *
   * @param args how often, and the kind of {@link AwsIdentity}; for a profile its name
   */
  public static void main(String[] args) throws IOException {
    AwsIdentity.Kind kind = AwsIdentity.Kind.valueOf(args[1]);
    AwsIdentity identity =
        kind == AwsIdentity.Kind.PROFILE ? AwsIdentity.ofProfile(args[2]) : AwsIdentity.of(kind);
    try (CredentialsSource source = AwsSettings.credentials(identity)) {
      for (int i = 0; i < Integer.parseInt(args[0]); i++) {
        Credentials found = source.get();
        System.out.println(
            found.accessKey() + " " + found.secretKey() + " " + found.sessionToken().orElse("-"));
      }
    } catch (CredentialsException e) {
      System.out.println("none: " + e.getMessage());
    }
  }
}
