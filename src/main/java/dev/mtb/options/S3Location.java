package dev.mtb.options;

import com.google.common.base.CharMatcher;
import dev.mtb.model.InvalidJobException;
import java.util.regex.Pattern;

/**
 * A place in a bucket, to be written to directly, without a mount: {@code s3://bucket/prefix}.
 *
 * @param bucket its name
 * @param prefix what the keys of everything there begin with: empty, or ending in {@code /}
 */
public record S3Location(String bucket, String prefix) {
  private static final String SCHEME = "s3://";
  private static final CharMatcher SLASH = CharMatcher.is('/');

  /**
   * Amazon's rules are stricter now, and were less strict earlier; other servers have other rules.
   */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");

  /** Normalises the prefix. What S3FS cannot show is an {@link InvalidJobException}. */
  public S3Location {
    if (!NAME.matcher(bucket).matches()) {
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

  /** Tells whether a text that a user gave begins with {@code s3://}. */
  public static boolean isLocation(String text) {
    return text.startsWith(SCHEME);
  }

  /**
   * Reads {@code s3://bucket} or {@code s3://bucket/prefix}, which is not percent-encoded; any
   * other text is an {@link InvalidJobException}.
   */
  public static S3Location parse(String text) {
    if (!isLocation(text)) {
      throw new InvalidJobException("'" + text + "' does not begin with " + SCHEME);
    }
    String rest = text.substring(SCHEME.length());
    String bucket = rest.substring(0, (rest + "/").indexOf('/'));
    return new S3Location(bucket, rest.substring(bucket.length()));
  }

  /** As it is given on the command line. */
  @Override
  public String toString() {
    return SCHEME + bucket + "/" + SLASH.trimTrailingFrom(prefix);
  }
}
