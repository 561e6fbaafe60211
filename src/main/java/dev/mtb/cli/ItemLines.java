package dev.mtb.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.cli.text.JsonText;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupItem;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.FileVersion;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;

/** The lines of {@code mtb ls}. For one thread. */
final class ItemLines {
  /** How an item is shown. */
  enum Form {
    /** Its path. */
    NAMES,
    /** With what it is like, in columns. */
    LONG,
    /** An object with all that is known. */
    JSON
  }

  /** Standard output is closed: no more lines are wanted. */
  static final class ClosedException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

  private static final String PERMISSIONS = "rwxrwxrwx";

  private final PrintStream out;
  private final Form form;

  ItemLines(PrintStream out, Form form) {
    this.out = out;
    this.form = form;
  }

  /**
   * Prints an item.
   *
   * @throws ClosedException if there is no reader any more
   */
  void print(BackupItem item) {
    String line =
        switch (form) {
          case NAMES -> name(item);
          case LONG -> columns(item);
          case JSON -> json(item);
        };
    print(line);
  }

  /**
   * Prints a version.
   *
   * @throws ClosedException if there is no reader any more
   */
  void print(FileVersion version) {
    if (form == Form.JSON) {
      print(json(version));
      return;
    }
    String size = version.isDeletion() ? "deleted" : Long.toString(version.size());
    Kind kind = version.isDirectory() ? Kind.DIRECTORY : Kind.FILE;
    print(
        String.format(
            Locale.ROOT,
            "%-20s %16s %s%s",
            version.storedAt(),
            version.isDirectory() && !version.isDeletion() ? "-" : size,
            Text.path(version.path(), kind),
            form == Form.LONG ? " " + Text.printable(version.id()) : ""));
  }

  private void print(String line) {
    // Names are escaped, and UTF-8 in any locale.
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    out.write(bytes, 0, bytes.length);
    if (out.checkError()) {
      throw new ClosedException();
    }
  }

  private static String name(BackupItem item) {
    return Text.path(item.path(), item.isDirectory() ? Kind.DIRECTORY : Kind.FILE);
  }

  private static String columns(BackupItem item) {
    Metadata metadata = item.metadata().orElseThrow();
    return String.format(
        Locale.ROOT,
        "%s %5s %5s %12s %s %s%s",
        mode(metadata),
        id(metadata.uid()),
        id(metadata.gid()),
        item.isDirectory() ? "-" : Long.toString(metadata.size()),
        TIME.format(metadata.mtime().atZone(ZoneId.systemDefault())),
        name(item),
        item.target().map(target -> " -> " + Text.path(target)).orElse(""));
  }

  /** As ls(1) shows it. */
  static String mode(Metadata metadata) {
    String kind =
        switch (metadata.kind()) {
          case FILE -> "-";
          case DIRECTORY -> "d";
          case LINK -> "l";
          case SPECIAL -> "?";
        };
    int mode = metadata.mode();
    if (mode == Metadata.UNKNOWN) {
      return kind + "?".repeat(PERMISSIONS.length());
    }
    StringBuilder text = new StringBuilder(kind);
    for (int i = 0; i < PERMISSIONS.length(); i++) {
      text.append((mode & (0400 >> i)) == 0 ? '-' : PERMISSIONS.charAt(i));
    }
    special(text, 3, (mode & 04000) != 0, 's');
    special(text, 6, (mode & 02000) != 0, 's');
    special(text, 9, (mode & 01000) != 0, 't');
    return text.toString();
  }

  /** A bit that has no letter of its own stands where x does. */
  private static void special(StringBuilder text, int at, boolean isSet, char letter) {
    if (isSet) {
      text.setCharAt(at, text.charAt(at) == 'x' ? letter : Character.toUpperCase(letter));
    }
  }

  private static String id(int id) {
    return id == Metadata.UNKNOWN ? "-" : Integer.toUnsignedString(id);
  }

  private static String json(BackupItem item) {
    ObjectNode json = MAPPER.createObjectNode();
    putPath(json, "path", item.path());
    if (item.metadata().isPresent() || item.isDirectory()) {
      json.put("kind", Text.lower(item.metadata().map(Metadata::kind).orElse(Kind.DIRECTORY)));
    }
    if (!item.isDirectory() && item.size() >= 0) {
      json.put("size", item.size());
    }
    item.metadata().ifPresent(metadata -> put(json, metadata));
    item.target().ifPresent(target -> putPath(json, "target", target));
    return text(json);
  }

  private static String json(FileVersion version) {
    ObjectNode json = MAPPER.createObjectNode();
    putPath(json, "path", version.path());
    if (version.isDirectory()) {
      json.put("kind", Text.lower(Kind.DIRECTORY));
    } else if (!version.isDeletion() && version.size() >= 0) {
      json.put("size", version.size());
    }
    json.put("storedAt", version.storedAt().toString())
        .put("deleted", version.isDeletion())
        .put("latest", version.isLatest())
        .put("versionId", version.id());
    return text(json);
  }

  private static String text(ObjectNode json) {
    try {
      return JsonText.escaped(MAPPER.writeValueAsString(json));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void put(ObjectNode json, Metadata metadata) {
    Instant mtime = metadata.mtime();
    json.put("mtime", mtime.toString());
    if (metadata.mode() != Metadata.UNKNOWN) {
      json.put("mode", String.format(Locale.ROOT, "%04o", metadata.mode()));
    }
    if (metadata.uid() != Metadata.UNKNOWN) {
      json.put("uid", Integer.toUnsignedLong(metadata.uid()));
    }
    if (metadata.gid() != Metadata.UNKNOWN) {
      json.put("gid", Integer.toUnsignedLong(metadata.gid()));
    }
  }

  /** Bytes that are not UTF-8 stand escaped, and beside them as they are. */
  private static void putPath(ObjectNode json, String field, Path path) {
    String text = PathBytes.toText(path);
    json.put(field, JsonText.readable(text));
    if (!JsonText.isUnicode(text)) {
      json.put(field + "Base64", Base64.getEncoder().encodeToString(PathBytes.of(path)));
    }
  }
}
