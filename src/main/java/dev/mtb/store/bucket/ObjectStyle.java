package dev.mtb.store.bucket;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

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

  /** The headers of each new object, by their names in lower case. */
  Map<String, String> objectHeaders() {
    Map<String, String> headers = new HashMap<>();
    storageClass.ifPresent(name -> headers.put("x-amz-storage-class", name));
    acl.ifPresent(name -> headers.put("x-amz-acl", name));
    encryption.ifPresent(name -> headers.put("x-amz-server-side-encryption", name));
    kmsKey.ifPresent(id -> headers.put("x-amz-server-side-encryption-aws-kms-key-id", id));
    return headers;
  }

  /** The headers of each request. */
  Map<String, String> requestHeaders() {
    return requesterPays ? Map.of("x-amz-request-payer", "requester") : Map.of();
  }
}
