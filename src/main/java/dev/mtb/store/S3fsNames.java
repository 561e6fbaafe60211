package dev.mtb.store;

import dev.mtb.model.PathBytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The names that a file can have on S3FS. Keys of S3 are UTF-8, and are sent in XML 1.0, which
 * cannot hold most control characters. One object with such a name makes s3fs fail to list the
 * whole directory (EIO), with all the good files in it. So MTB refuses each file that has such a
 * name. It refuses keys that are too long, too, so that a dry run tells of them.
 *
 * @param anyBytes whether s3fs was mounted with {@code use_wtf8}, which encodes bytes that are not
 *     UTF-8
 * @param compatDirectories whether s3fs looks for directories of other clients, as it does by
 *     default up to 1.91; names that end like those of their markers are then unusable
 * @param prefixLength the length of what all keys begin with, in bytes; 0 if it is not known
 */
public record S3fsNames(boolean anyBytes, boolean compatDirectories, int prefixLength) {
  /** S3 takes no longer key, in bytes ("Naming Amazon S3 objects"). */
  private static final int LONGEST_KEY = 1024;

  private static final String DIRECTORY_MARKER = "_$folder$";

  /**
   * Refuses a name that S3FS cannot show, and a path that is too long for a key.
   *
   * @param path below the destination; of its names, only the last one is looked at
   * @throws RefusedException if it cannot be kept; says why, and what to do
   */
  public void check(Path path) throws RefusedException {
    byte[] name = PathBytes.of(path.getFileName());
    if (!anyBytes && !PathBytes.isUtf8(name)) {
      throw new RefusedException(
          "S3 keeps names in UTF-8 only, and this one is not; rename it, or mount the bucket with"
              + " -o use_wtf8");
    }
    String text = new String(name, StandardCharsets.UTF_8);
    if (text.codePoints().anyMatch(S3fsNames::isForbiddenInXml)) {
      throw new RefusedException(
          "its name holds a control character that S3 cannot list; in the bucket it would make its"
              + " whole directory unreadable; rename it");
    }
    if (compatDirectories && text.endsWith(DIRECTORY_MARKER)) {
      throw new RefusedException(
          "S3FS takes names that end in "
              + DIRECTORY_MARKER
              + " for directories; rename it, or mount the bucket with -o notsup_compat_dir");
    }
    int length = prefixLength + PathBytes.of(path).length;
    // A directory's key has one byte more.
    if (length >= LONGEST_KEY) {
      throw new RefusedException(
          "its key would have " + length + " bytes, and S3 takes no more than " + LONGEST_KEY);
    }
  }

  /**
   * Refuses a target of a link that s3fs would not give back: it cuts blanks off both ends when it
   * reads a link (s3fs_readlink).
   *
   * @param target the target's bytes
   * @throws RefusedException if it begins or ends with a blank
   */
  public static void checkTarget(byte[] target) throws RefusedException {
    if (isBlank(target[0]) || isBlank(target[target.length - 1])) {
      throw new RefusedException(
          "it is a link whose target begins or ends with a blank, which S3FS would cut off");
    }
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  /** What is not a {@code Char} of XML 1.0. */
  private static boolean isForbiddenInXml(int c) {
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE || c == 0xFFFF;
  }
}
