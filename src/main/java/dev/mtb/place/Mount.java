package dev.mtb.place;

import com.google.common.base.Splitter;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import dev.mtb.model.PathBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One line of {@code /proc/self/mountinfo} (proc(5)).
 *
 * @param point where it is mounted
 * @param type of file system, such as {@code fuse.s3fs}
 * @param readOnly whether it is mounted read-only
 * @param root the directory of that file system which is shown there: {@code /}, but for bind
 *     mounts
 * @param device the kernel's number of the file system
 * @param user that a FUSE file system belongs to: the kernel takes it from the process that mounted
 *     it; -1 for other file systems
 */
public record Mount(Path point, String type, boolean readOnly, Path root, long device, int user) {
  static final String S3FS = "fuse.s3fs";

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  /** Fields before the optional ones: ID, parent, major:minor, root, mount point, options. */
  private static final int DEVICE = 2;

  private static final int ROOT = 3;

  private static final int POINT = 4;

  private static final int OPTIONS = 5;

  /** Behind the separator: type, source, options of the file system. */
  private static final int FILE_SYSTEM_OPTIONS = 3;

  private static final String USER = "user_id=";

  /** How the kernel packs major and minor into one number (MINORBITS in kdev_t.h). */
  private static final int MINOR_BITS = 20;

  boolean isS3fs() {
    return type.equals(S3FS);
  }

  /** Where a path is in the file system itself, whatever part of that is mounted here. */
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
      int separator = fields.indexOf("-");
      if (separator > OPTIONS && separator + 1 < fields.size()) {
        mounts.add(
            new Mount(
                unescape(fields.get(POINT)),
                fields.get(separator + 1),
                Splitter.on(',').splitToList(fields.get(OPTIONS)).contains("ro"),
                unescape(fields.get(ROOT)),
                device(fields.get(DEVICE)),
                separator + FILE_SYSTEM_OPTIONS < fields.size()
                    ? user(fields.get(separator + FILE_SYSTEM_OPTIONS))
                    : -1));
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
    // The last one, since the kernel writes its own behind what a program has made up.
    int user = -1;
    for (String option : Splitter.on(',').split(options)) {
      if (option.startsWith(USER)) {
        Integer id = Ints.tryParse(option.substring(USER.length()));
        user = id == null ? -1 : id;
      }
    }
    return user;
  }

  /** The byte that three octal digits stand for; 0 if there are none, or no name may hold it. */
  private static int octal(String text, int start) {
    int value = 0;
    for (int i = start; i < start + 3; i++) {
      int digit = i < text.length() ? text.charAt(i) - '0' : -1;
      if (digit < 0 || digit > 7) {
        return 0;
      }
      value = 8 * value + digit;
    }
    return value > 0xFF ? 0 : value;
  }

  /** Space, tab, newline and backslash stand as a backslash and three octal digits. */
  public static Path unescape(String escaped) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      int code = c == '\\' ? octal(escaped, i + 1) : 0;
      if (code > 0) {
        bytes.write(code);
        i += 3;
      } else if (c != 0) {
        bytes.write(c);
      }
    }
    return PathBytes.resolve(Path.of("/"), bytes.toByteArray());
  }
}
