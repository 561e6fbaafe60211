package dev.mtb.store.bucket;

import com.google.common.primitives.Longs;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Metadata as s3fs keeps it in the headers of an object (its metaheader.cpp).
 *
 * <p>Fractions of seconds are written with all nine digits: s3fs reads them as a number of
 * nanoseconds, so that {@code .5} would be five of them.
 */
final class StoredMetadata {
  private static final int FORMAT = 0170000;
  private static final int FILE = 0100000;
  private static final int DIRECTORY = 0040000;
  private static final int LINK = 0120000;
  private static final int PERMISSIONS = 07777;

  /** What a link has on Linux, whatever it was made with. */
  private static final int LINK_PERMISSIONS = 0777;

  /** What s3fs shows for objects of other tools. */
  private static final int FOREIGN_FILE_MODE = 0640;

  private static final int FOREIGN_DIRECTORY_MODE = 0750;

  /** The earliest mtime. s3fs takes an earlier one for missing (get_mtime). */
  static final Instant EARLIEST = Instant.ofEpochSecond(1);

  /** The latest mtime: the last second of a year with four digits. */
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private StoredMetadata() {}

  /** The user metadata of an object, without the prefix of the headers. */
  static Map<String, String> of(Metadata source, int uid, int gid, Instant now) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("mode", Integer.toString(format(source.kind()) | permissions(source)));
    headers.put("uid", unsigned(uid));
    headers.put("gid", unsigned(gid));
    Instant kept = source.mtime().equals(Metadata.UNKNOWN_TIME) ? now : source.mtime();
    String mtime = text(kept.isBefore(EARLIEST) ? EARLIEST : kept);
    headers.put("mtime", mtime);
    headers.put("atime", mtime);
    headers.put("ctime", text(now));
    return headers;
  }

  private static int format(Kind kind) {
    return switch (kind) {
      case FILE -> FILE;
      case DIRECTORY -> DIRECTORY;
      case LINK -> LINK;
      case SPECIAL -> throw new IllegalArgumentException("special files are never kept");
    };
  }

  private static int permissions(Metadata source) {
    if (source.kind() == Kind.LINK) {
      return LINK_PERMISSIONS;
    }
    if (source.mode() != Metadata.UNKNOWN) {
      return source.mode();
    }
    // The source has no modes (zip). So the object gets the mode that a shell with the usual umask
    // gives.
    return source.kind() == Kind.DIRECTORY ? 0755 : 0644;
  }

  private static String unsigned(int id) {
    return Long.toString(Integer.toUnsignedLong(id));
  }

  static String text(Instant time) {
    return String.format(Locale.ROOT, "%d.%09d", time.getEpochSecond(), time.getNano());
  }

  /** Reads what an object has. */
  static Metadata read(
      Map<String, String> headers,
      String key,
      String contentType,
      long size,
      Instant lastModified) {
    Long stored = number(headers.get("mode"));
    boolean isDirectoryKey = key.endsWith("/");
    int foreign = isDirectoryKey ? FOREIGN_DIRECTORY_MODE : FOREIGN_FILE_MODE;
    int mode = stored == null ? foreign : stored.intValue();
    Kind kind =
        switch (mode & FORMAT) {
          case DIRECTORY -> Kind.DIRECTORY;
          case LINK -> Kind.LINK;
          case FILE -> Kind.FILE;
          case 0 -> isDirectoryKey || isDirectoryType(contentType) ? Kind.DIRECTORY : Kind.FILE;
          default -> Kind.SPECIAL;
        };
    return new Metadata(
        kind,
        size,
        time(headers.get("mtime")).orElse(lastModified),
        mode & PERMISSIONS,
        id(headers.get("uid")),
        id(headers.get("gid")),
        Metadata.UNKNOWN,
        Metadata.UNKNOWN);
  }

  private static boolean isDirectoryType(String contentType) {
    return contentType != null && contentType.startsWith(MimeTypes.DIRECTORY);
  }

  /**
   * Reads an owner. If the metadata has none, s3fs shows the user who reads; here the value must
   * differ from every user.
   */
  private static int id(String text) {
    Long number = number(text);
    return number == null ? Integer.MIN_VALUE : number.intValue();
  }

  /** Parses a number like strtoll with base 0. */
  private static Long number(String text) {
    if (text == null) {
      return null;
    }
    boolean isOctal = text.length() > 1 && text.startsWith("0");
    return isOctal ? Longs.tryParse(text, 8) : Longs.tryParse(text);
  }

  /** Seconds, a dot and nanoseconds; without a time after 1970 s3fs takes that of the upload. */
  private static Optional<Instant> time(String text) {
    if (text == null) {
      return Optional.empty();
    }
    int dot = text.indexOf('.');
    Long seconds = Longs.tryParse(dot < 0 ? text : text.substring(0, dot));
    Long nanos = dot < 0 ? Long.valueOf(0) : Longs.tryParse(text.substring(dot + 1));
    // A number that is no time between the years 0 and 9999 is no mtime.
    if (seconds == null || seconds <= 0 || seconds > LATEST.getEpochSecond()) {
      return Optional.empty();
    }
    boolean isFraction = nanos != null && nanos >= 0 && nanos < NANOS_PER_SECOND;
    return Optional.of(Instant.ofEpochSecond(seconds, isFraction ? nanos : 0));
  }
}
