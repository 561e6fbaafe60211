package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.S3Location;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place that a user names on the command line: a directory, or {@code s3://BUCKET/PREFIX}. What
 * looks like a place of another tool is refused: a mistyped name must not become a new directory.
 *
 * @param text as it was typed
 * @param bucket empty for a directory
 */
record PlaceArgument(String text, Optional<S3Location> bucket) {
  /** Schemes of URLs whose colon was forgotten. */
  private static final Pattern WITHOUT_COLON =
      Pattern.compile(
          "(s3|s3a|s3n|gs|gcs|az|b2|sftp|ssh|file|https?)//.*", Pattern.CASE_INSENSITIVE);

  /**
   * Reads an argument.
   *
   * @param what the place is called in messages
   * @throws InvalidJobException if it is no place
   */
  static PlaceArgument parse(String text, String what) {
    if (text.isEmpty()) {
      throw new InvalidJobException(
          "the "
              + what
              + " is an empty word; give a directory (. for the current one), or"
              + " s3://BUCKET/PREFIX");
    }
    if (S3Location.isLocation(text)) {
      return new PlaceArgument(text, Optional.of(S3Location.parse(text)));
    }
    if (looksRemote(text)) {
      throw new InvalidJobException(
          "the "
              + what
              + " '"
              + text
              + "' looks like a place of another tool or on another machine, which MTB does not"
              + " know, and there is no directory of that name; write s3://BUCKET/PREFIX for a"
              + " bucket, or ./NAME for a directory of that name");
    }
    return new PlaceArgument(text, Optional.empty());
  }

  Path directory() {
    return PathBytes.parse(text);
  }

  /** Whether it is a word and a colon, as in rsync, scp, rclone and URLs. */
  private static boolean looksRemote(String text) {
    int slash = text.indexOf('/');
    String first = slash < 0 ? text : text.substring(0, slash);
    boolean isSuspect = first.indexOf(':') >= 0 || WITHOUT_COLON.matcher(text).matches();
    // An absolute path begins with an empty name, on Windows with a drive.
    return isSuspect
        && !first.isEmpty()
        && !PathBytes.parse(text).isAbsolute()
        && !Files.isDirectory(PathBytes.parse(first))
        && !Files.isDirectory(PathBytes.parse(text));
  }
}
