package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import com.google.common.base.CharMatcher;
import dev.mtb.model.InvalidJobException;

/**
 * A place in a bucket, to be written to directly, without a mount: {@code s3://bucket/prefix}.
 *
 * @param bucket its name
 * @param prefix what the keys of everything there begin with: empty, or ending in {@code /}
 */
public record S3Location(String bucket, String prefix) {
  private static final String SCHEME = "s3://";
  private static final CharMatcher SLASH = CharMatcher.is('/');

  private static final CharMatcher NAME_CHARACTERS =
      CharMatcher.inRange('a', 'z')
          .or(CharMatcher.inRange('A', 'Z'))
          .or(CharMatcher.inRange('0', '9'))
          .or(CharMatcher.anyOf(".-_"));

  /**
   * Normalises the prefix.
   *
   * @throws InvalidJobException if there is no bucket
   */
  public S3Location {
    requireNonNull(bucket);
    // Amazon's rules are narrower now, and were wider once; other servers have their own.
    if (!NAME_CHARACTERS.matchesAllOf(bucket) || bucket.isEmpty() || bucket.startsWith(".")) {
      throw new InvalidJobException(
          "'"
              + bucket
              + "' is not the name of a bucket: letters, digits, '.', '-' and '_'; the form is"
              + " s3://BUCKET/PREFIX, and a server is named by its endpoint");
    }
    String trimmed = SLASH.trimFrom(prefix);
    prefix = trimmed.isEmpty() ? "" : trimmed + "/";
    for (String name : prefix.split("/", -1)) {
      if (name.equals(".") || name.equals("..")) {
        throw new InvalidJobException(
            "'" + name + "' has no meaning in the key of an object: " + prefix);
      }
    }
    if (trimmed.contains("//")) {
      throw new InvalidJobException("S3FS cannot show a key with an empty name: " + prefix);
    }
  }

  /**
   * Tells whether a text is meant for one of these.
   *
   * @param text as given by a user
   * @return whether it begins with {@code s3://}
   */
  public static boolean isLocation(String text) {
    return text.startsWith(SCHEME);
  }

  /**
   * Reads {@code s3://bucket} or {@code s3://bucket/prefix}.
   *
   * @param text not percent-encoded
   * @return the place
   * @throws InvalidJobException if it is not of that form
   */
  public static S3Location parse(String text) {
    if (!isLocation(text)) {
      throw new InvalidJobException("'" + text + "' does not begin with " + SCHEME);
    }
    String rest = text.substring(SCHEME.length());
    int slash = rest.indexOf('/');
    return slash < 0
        ? new S3Location(rest, "")
        : new S3Location(rest.substring(0, slash), rest.substring(slash));
  }

  /** As it is given on the command line. */
  @Override
  public String toString() {
    return SCHEME + bucket + "/" + SLASH.trimTrailingFrom(prefix);
  }
}
