package dev.mtb.place;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.Iterables;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of {@code /proc/self/mountinfo} (proc(5)).
 *
 * @param point where it is mounted
 * @param type of file system, such as {@code fuse.s3fs}
 * @param readOnly whether it is mounted read-only
 * @param root the directory of that file system which is shown there: {@code /}, except for bind
 *     mounts
 * @param device the kernel's number of the file system
 * @param user that a FUSE file system belongs to: the kernel takes it from the process that mounted
 *     it; -1 for other file systems
 */
record Mount(Path point, String type, boolean readOnly, Path root, long device, int user) {
  static final String S3FS = "fuse.s3fs";

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  /** An escaped byte; a name cannot hold NUL. */
  private static final Pattern ESCAPE = Pattern.compile("\\\\(?!000)([0-3][0-7]{2})");

  private static final String USER = "user_id=";

  /** How the kernel packs major and minor into one number (MINORBITS in kdev_t.h). */
  private static final int MINOR_BITS = 20;

  boolean isS3fs() {
    return type.equals(S3FS);
  }

  /** The path inside the mounted file system of a path at or below the mount point. */
  Path below(Path real) {
    return root.getRoot().relativize(root).resolve(point.relativize(real));
  }

  /** The device as stat(2) tells it, which packs it in another way than the kernel does. */
  long statDevice() {
    long major = device >> MINOR_BITS;
    long minor = device & ((1L << MINOR_BITS) - 1);
    return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFFL) << 12 | (major & ~0xFFFL) << 32;
  }

  /** All mounts that this process sees; none where there is no such table. */
  static List<Mount> all() throws IOException {
    return Files.exists(MOUNTINFO)
        ? parse(Files.readString(MOUNTINFO, StandardCharsets.ISO_8859_1))
        : List.of();
  }

  /** Finds the mount that holds a path, without touching the path. */
  static Optional<Mount> holding(Path real) throws IOException {
    return holding(real, all());
  }

  static Optional<Mount> holding(Path real, List<Mount> mounts) {
    Mount best = null;
    for (Mount mount : mounts) {
      // Of several mounts on one point, the last one is on top.
      if (real.startsWith(mount.point)
          && (best == null || mount.point.getNameCount() >= best.point.getNameCount())) {
        best = mount;
      }
    }
    return Optional.ofNullable(best);
  }

  public static List<Mount> parse(String mountinfo) {
    List<Mount> mounts = new ArrayList<>();
    for (String line : Splitter.on('\n').omitEmptyStrings().split(mountinfo)) {
      List<String> fields = Splitter.on(' ').splitToList(line);
      // ID, parent, major:minor, root, mount point, options and some optional fields; after the
      // separator: type, source, options of the file system.
      int separator = fields.indexOf("-");
      if (separator > 5 && separator + 1 < fields.size()) {
        mounts.add(
            new Mount(
                unescape(fields.get(4)),
                fields.get(separator + 1),
                Splitter.on(',').splitToList(fields.get(5)).contains("ro"),
                unescape(fields.get(3)),
                device(fields.get(2)),
                user(Iterables.get(fields, separator + 3, ""))));
      }
    }
    return mounts;
  }

  private static long device(String majorAndMinor) {
    int colon = majorAndMinor.indexOf(':');
    Long major = colon < 0 ? null : Longs.tryParse(majorAndMinor.substring(0, colon));
    Long minor = colon < 0 ? null : Longs.tryParse(majorAndMinor.substring(colon + 1));
    return major == null || minor == null ? -1 : (major << MINOR_BITS) + minor;
  }

  private static int user(String options) {
    return Splitter.on(',')
        .splitToStream(options)
        .filter(option -> option.startsWith(USER))
        // The last one counts, since the kernel writes its own after options that a program has
        // chosen.
        .reduce((first, last) -> last)
        .map(option -> Ints.tryParse(option.substring(USER.length())))
        .orElse(-1);
  }

  /** Space, tab, newline and backslash stand as a backslash and three octal digits. */
  public static Path unescape(String escaped) {
    String text =
        ESCAPE
            .matcher(escaped)
            .replaceAll(
                match -> {
                  char c = (char) Integer.parseInt(match.group(1), 8);
                  return Matcher.quoteReplacement(Character.toString(c));
                });
    byte[] bytes = CharMatcher.is('\0').removeFrom(text).getBytes(StandardCharsets.ISO_8859_1);
    return PathBytes.resolve(Path.of("/"), bytes);
  }
}
