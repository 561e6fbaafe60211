package dev.mtb.destination;

import com.google.common.base.Splitter;
import dev.mtb.PathBytes;
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
 */
record Mount(Path point, String type, boolean readOnly) {
  static final String S3FS = "fuse.s3fs";

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  /** Fields before the optional ones: ID, parent, major:minor, root, mount point, options. */
  private static final int POINT = 4;

  private static final int OPTIONS = 5;

  boolean isS3fs() {
    return type.equals(S3FS);
  }

  /** Finds the mount that holds a path, without touching the path. */
  static Optional<Mount> holding(Path real) throws IOException {
    if (!Files.exists(MOUNTINFO)) {
      return Optional.empty();
    }
    return holding(real, parse(Files.readString(MOUNTINFO, StandardCharsets.ISO_8859_1)));
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

  static List<Mount> parse(String mountinfo) {
    List<Mount> mounts = new ArrayList<>();
    for (String line : Splitter.on('\n').omitEmptyStrings().split(mountinfo)) {
      List<String> fields = Splitter.on(' ').splitToList(line);
      int separator = fields.indexOf("-");
      if (separator > OPTIONS && separator + 1 < fields.size()) {
        mounts.add(
            new Mount(
                unescape(fields.get(POINT)),
                fields.get(separator + 1),
                Splitter.on(',').splitToList(fields.get(OPTIONS)).contains("ro")));
      }
    }
    return mounts;
  }

  /** Space, tab, newline and backslash stand as a backslash and three octal digits. */
  static Path unescape(String escaped) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c == '\\' && i + 3 < escaped.length()) {
        bytes.write(Integer.parseInt(escaped.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        bytes.write(c);
      }
    }
    return PathBytes.resolve(Path.of("/"), bytes.toByteArray());
  }
}
