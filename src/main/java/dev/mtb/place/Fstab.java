package dev.mtb.place;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The table of what is to be mounted where, fstab(5). */
final class Fstab {
  static final Path FILE = Path.of("/etc/fstab");

  private Fstab() {}

  /**
   * One line.
   *
   * @param device what is mounted
   * @param point where; not always a path ({@code none} for swap)
   * @param type of the file system
   */
  record Entry(String device, String point, String type) {
    Path mountPoint() {
      return Mount.unescape(point);
    }
  }

  /** Reads it; empty if that is not allowed. */
  static List<Entry> read(Path fstab) throws IOException {
    List<Entry> entries = new ArrayList<>();
    if (!Files.isReadable(fstab)) {
      return entries;
    }
    for (String line : Files.readAllLines(fstab, StandardCharsets.ISO_8859_1)) {
      List<String> fields =
          Splitter.onPattern("\\s+").omitEmptyStrings().limit(4).splitToList(line);
      if (fields.size() >= 3 && !fields.get(0).startsWith("#")) {
        entries.add(new Entry(fields.get(0), fields.get(1), fields.get(2)));
      }
    }
    return entries;
  }
}
