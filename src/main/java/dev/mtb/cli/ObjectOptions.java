package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.ObjectStyle;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Options that say how a bucket keeps objects. */
final class ObjectOptions {
  @Option(
      names = "--storage-class",
      paramLabel = "CLASS",
      description =
          "The storage class of new objects in an s3:// destination, such as STANDARD_IA.")
  private String storageClass;

  @Option(
      names = "--sse",
      paramLabel = "AES256|aws:kms",
      description = "How the server encrypts them.")
  private String encryption;

  @Option(
      names = "--sse-kms-key-id",
      paramLabel = "ID",
      description =
          "The key of KMS that it does so with, if not the account's own; with --sse aws:kms.")
  private String kmsKey;

  @Option(
      names = "--acl",
      paramLabel = "ACL",
      description = "Their canned ACL, such as bucket-owner-full-control.")
  private String acl;

  @Option(
      names = "--tag",
      paramLabel = "KEY=VALUE",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "A tag of each of them. Repeatable, up to ten times.")
  private Map<String, String> tags = new LinkedHashMap<>();

  @Option(
      names = "--object-lock-mode",
      paramLabel = "MODE",
      description =
          "Lock each of them against deletion, GOVERNANCE or COMPLIANCE; with"
              + " --object-lock-retain.")
  private String lockMode;

  @Option(
      names = "--object-lock-retain",
      paramLabel = "D",
      description = "How long after it is stored, such as 720h or 30d.")
  private Duration retain;

  /**
   * What a job stores objects with.
   *
   * @param style from other options, which is kept besides
   * @throws InvalidJobException if S3 does not take it
   */
  ObjectStyle style(ObjectStyle style) {
    if ((lockMode == null) != (retain == null)) {
      throw new InvalidJobException(
          lockMode == null
              ? "--object-lock-retain needs a mode: --object-lock-mode GOVERNANCE or COMPLIANCE"
              : "--object-lock-mode needs a time: --object-lock-retain 30d");
    }
    return new ObjectStyle(
        Optional.ofNullable(storageClass).map(name -> name.toUpperCase(Locale.ROOT)),
        Optional.ofNullable(acl),
        Optional.ofNullable(encryption),
        Optional.ofNullable(kmsKey),
        tags,
        Optional.ofNullable(lockMode)
            .map(mode -> new ObjectStyle.Lock(mode.toUpperCase(Locale.ROOT), retain)),
        style.requesterPays());
  }
}
