package dev.mtb.options;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.mtb.model.InvalidJobException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The properties that each new object in a bucket has besides its content and metadata; copies that
 * the server makes have them, too. For a destination that is an {@link S3Location}; on a mount
 * those of the mount count. Immutable.
 *
 * @param storageClass such as {@code STANDARD_IA}; empty for the bucket's own default
 * @param acl a canned ACL such as {@code bucket-owner-full-control}
 * @param encryption {@code AES256} or {@code aws:kms}; empty for the bucket's own default
 * @param kmsKey the id, the ARN or an alias of a key of KMS, with {@code aws:kms} only; empty for
 *     the account's default
 * @param tags at most ten
 * @param lock how long no version may be deleted; empty for the bucket's own default
 * @param requesterPays whether the requester has agreed to pay, for each request
 */
public record ObjectStyle(
    Optional<String> storageClass,
    Optional<String> acl,
    Optional<String> encryption,
    Optional<String> kmsKey,
    Map<String, String> tags,
    Optional<Lock> lock,
    boolean requesterPays) {

  /** The bucket's own defaults. */
  public static final ObjectStyle DEFAULT =
      new ObjectStyle(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Map.of(),
          Optional.empty(),
          false);

  /** Amazon's; other servers have others (Amazon S3 API reference, "PutObject"). */
  private static final ImmutableSet<String> STORAGE_CLASSES =
      ImmutableSet.of(
          "STANDARD",
          "REDUCED_REDUNDANCY",
          "STANDARD_IA",
          "ONEZONE_IA",
          "INTELLIGENT_TIERING",
          "GLACIER",
          "GLACIER_IR",
          "DEEP_ARCHIVE",
          "OUTPOSTS",
          "SNOW",
          "EXPRESS_ONEZONE");

  private static final Pattern STORAGE_CLASS = Pattern.compile("[A-Z0-9_-]{1,64}");

  /** Of objects (Amazon S3 User Guide, "Canned ACL"). */
  private static final ImmutableSet<String> ACLS =
      ImmutableSet.of(
          "private",
          "public-read",
          "public-read-write",
          "aws-exec-read",
          "authenticated-read",
          "bucket-owner-read",
          "bucket-owner-full-control");

  private static final String KMS = "aws:kms";
  private static final ImmutableSet<String> ENCRYPTIONS = ImmutableSet.of("AES256", KMS);

  /** An ARN is no longer (AWS KMS API reference, "KeyId"). */
  private static final Pattern KMS_KEY = Pattern.compile("[A-Za-z0-9:/_.-]{1,2048}");

  /** S3 takes no more for an object, no longer ones and no others (User Guide, "Object tags"). */
  private static final int MOST_TAGS = 10;

  private static final Pattern TAG_KEY = Pattern.compile("[\\p{L}\\p{N} +\\-=._:/@]{1,128}");
  private static final Pattern TAG_VALUE = Pattern.compile("[\\p{L}\\p{N} +\\-=._:/@]{0,256}");
  private static final String RESERVED = "aws:";

  /**
   * A lock against deletion (S3 Object Lock). The bucket must have it turned on.
   *
   * @param mode {@code GOVERNANCE}, which some users may end early, or {@code COMPLIANCE}, which no
   *     user can
   * @param retain how long after it is stored; a second to 100 years
   */
  public record Lock(String mode, Duration retain) {
    private static final ImmutableSet<String> MODES = ImmutableSet.of("GOVERNANCE", "COMPLIANCE");

    /** Amazon takes no longer time. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    /** Refuses what S3 does not take with an {@link InvalidJobException}. */
    public Lock {
      check("mode of an object lock", mode, MODES);
      if (retain.toSeconds() < 1 || retain.compareTo(LONGEST) > 0) {
        throw new InvalidJobException(
            "an object lock lasts from a second to 100 years, not " + retain);
      }
    }
  }

  /** Refuses what S3 does not take with an {@link InvalidJobException}. */
  public ObjectStyle {
    tags = ImmutableMap.copyOf(tags);
    storageClass.ifPresent(
        name -> {
          if (!STORAGE_CLASS.matcher(name).matches()) {
            throw new InvalidJobException("'" + name + "' is no storage class such as STANDARD_IA");
          }
        });
    acl.ifPresent(name -> check("canned ACL", name, ACLS));
    encryption.ifPresent(name -> check("encryption", name, ENCRYPTIONS));
    if (kmsKey.isPresent() && !encryption.equals(Optional.of(KMS))) {
      throw new InvalidJobException(
          "a key of KMS encrypts only with the encryption " + KMS + " (ObjectStyle.encryption)");
    }
    if (kmsKey.isPresent() && !KMS_KEY.matcher(kmsKey.get()).matches()) {
      throw new InvalidJobException(
          "'" + kmsKey.get() + "' is neither the id of a key of KMS nor its ARN or alias");
    }
    checkTags(tags);
  }

  private static void check(String what, String value, Set<String> known) {
    if (!known.contains(value)) {
      throw new InvalidJobException(
          "'" + value + "' is no " + what + "; there are " + String.join(", ", known));
    }
  }

  private static void checkTags(Map<String, String> tags) {
    if (tags.size() > MOST_TAGS) {
      throw new InvalidJobException(
          "an object has no more than " + MOST_TAGS + " tags, and these are " + tags.size());
    }
    tags.forEach(
        (key, value) -> {
          if (!TAG_KEY.matcher(key).matches() || key.startsWith(RESERVED)) {
            throw new InvalidJobException(
                "'"
                    + key
                    + "' is no key of a tag: 1 to 128 letters, digits, blanks and + - = . _ : / @,"
                    + " and not "
                    + RESERVED
                    + " at the beginning");
          }
          if (!TAG_VALUE.matcher(value).matches()) {
            throw new InvalidJobException(
                "'"
                    + value
                    + "' is no value of a tag: up to 256 letters, digits, blanks and + - = . _ : /"
                    + " @");
          }
        });
  }

  /**
   * Checks a storage class that Amazon would refuse.
   *
   * @throws InvalidJobException if Amazon does not have it
   */
  public void checkForAmazon() {
    storageClass.ifPresent(name -> check("storage class of Amazon", name, STORAGE_CLASSES));
  }

  /** The same with another {@link #requesterPays()}. */
  public ObjectStyle withRequesterPays(boolean value) {
    return new ObjectStyle(storageClass, acl, encryption, kmsKey, tags, lock, value);
  }

  /**
   * What it is, for reports.
   *
   * @return properties that are not left to the bucket, by the names of the headers that S3 has for
   *     them, without {@code x-amz-}
   */
  public Map<String, String> words() {
    ImmutableMap.Builder<String, String> words = ImmutableMap.builder();
    storageClass.ifPresent(name -> words.put("storage-class", name));
    acl.ifPresent(name -> words.put("acl", name));
    encryption.ifPresent(name -> words.put("server-side-encryption", name));
    kmsKey.ifPresent(id -> words.put("server-side-encryption-aws-kms-key-id", id));
    tags.forEach((key, value) -> words.put("tag " + key, value));
    lock.ifPresent(
        l -> {
          words.put("object-lock-mode", l.mode());
          words.put("object-lock-retain", l.retain().toString());
        });
    if (requesterPays) {
      words.put("request-payer", "requester");
    }
    return words.buildOrThrow();
  }
}
