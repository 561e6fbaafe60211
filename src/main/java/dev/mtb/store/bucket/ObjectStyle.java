package dev.mtb.store.bucket;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * The properties that each new object has besides its content and metadata.
 *
 * @param storageClass such as {@code STANDARD_IA}; empty for the bucket's own default
 * @param acl a canned ACL such as {@code bucket-owner-full-control}
 * @param encryption {@code AES256} or {@code aws:kms}; empty for the bucket's own default
 * @param kmsKey the id of a key of KMS; empty for the account's default
 * @param requesterPays whether the requester has agreed to pay
 */
public record ObjectStyle(
    Optional<String> storageClass,
    Optional<String> acl,
    Optional<String> encryption,
    Optional<String> kmsKey,
    boolean requesterPays) {

  /** What the bucket does by itself. */
  public static final ObjectStyle DEFAULT =
      new ObjectStyle(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);

  /** Gives a new object what it is to have, through the setters of its request. */
  void apply(
      Consumer<String> setStorageClass,
      Consumer<String> setAcl,
      Consumer<String> setEncryption,
      Consumer<String> setKmsKey) {
    storageClass.ifPresent(setStorageClass);
    acl.ifPresent(setAcl);
    encryption.ifPresent(setEncryption);
    kmsKey.ifPresent(setKmsKey);
  }
}
