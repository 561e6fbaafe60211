package dev.mtb.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.CharMatcher;
import com.google.common.base.Utf8;
import com.google.common.primitives.Bytes;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * File names as bytes.
 *
 * <p>On Linux a name may have any bytes except NUL and slash. {@link Path} keeps them, but a
 * conversion to {@link String} does not: a byte sequence that is not valid in {@code
 * sun.jnu.encoding} becomes U+FFFD, and under {@code LC_ALL=C} that is every byte above 127. {@code
 * file:} URIs are the one public interface of the JDK that takes and gives raw bytes
 * (percent-encoded), in every locale.
 *
 * <p>Where a name must be a string (the command line), bytes that are not UTF-8 stand as the lone
 * surrogates U+DC80 to U+DCFF, as in Python's {@code surrogateescape}.
 *
 * <p>Thread-safe.
 */
public final class PathBytes {
  private static final char ESCAPE = '\uDC00';

  /** A name resolved against this can be turned into a URI without a costly look at the disk. */
  private static final String NOWHERE = "/proc/self/none";

  private static final byte[] SLASH = {'/'};

  private static final HexFormat PERCENT = HexFormat.of().withPrefix("%");

  private static final Charset FILE_NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

  private PathBytes() {}

  /**
   * Makes a path of the default file system from a text as {@link #toText(Path)} writes it: a
   * command line's. A relative one stays relative.
   *
   * @throws InvalidPathException if there is a NUL in it
   */
  public static Path parse(String text) {
    return resolve(Path.of(""), fromText(text));
  }

  /**
   * Resolves raw bytes, an absolute or relative path, against a path of any file system.
   *
   * @throws InvalidPathException if there is a NUL in it
   */
  public static Path resolve(Path base, byte[] bytes) {
    if (Bytes.contains(bytes, (byte) 0)) {
      throw new InvalidPathException(toText(bytes), "NUL in a name");
    }
    FileSystem fileSystem = base.getFileSystem();
    boolean isAbsolute = bytes.length > 0 && bytes[0] == '/';
    Path result = isAbsolute ? fileSystem.getRootDirectories().iterator().next() : base;
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i == bytes.length || bytes[i] == '/') {
        if (i > start) {
          result = result.resolve(name(fileSystem, Arrays.copyOfRange(bytes, start, i)));
        }
        start = i + 1;
      }
    }
    return result;
  }

  private static Path name(FileSystem fileSystem, byte[] bytes) {
    String text = toText(bytes);
    return isAscii(text) || fileSystem != FileSystems.getDefault()
        ? fileSystem.getPath(text)
        : raw(bytes);
  }

  /**
   * Makes the target of a symbolic link of raw bytes, as the JDK would read it: slashes at the end
   * and doubled ones are kept, which {@link #resolve} drops. A link made with it leads to just
   * these bytes. The result is empty if the JDK can make no path of them: none at all, a NUL, three
   * slashes in a row, two at the beginning or the end.
   */
  public static Optional<Path> exactly(byte[] target) {
    Path result = null;
    int start = 0;
    for (int i = 1; i <= target.length; i++) {
      boolean isDoubled = i < target.length && target[i] == '/' && target[i - 1] == '/';
      if (isDoubled || i == target.length) {
        // A piece ends with the first of two slashes, and resolve adds the second.
        byte[] piece = Arrays.copyOfRange(target, start, i);
        boolean isBad =
            piece.length == 0
                || (piece[0] == '/' && (result != null || (isDoubled && piece.length == 1)))
                || (isDoubled && i + 1 == target.length);
        if (isBad) {
          return Optional.empty();
        }
        try {
          result = result == null ? raw(piece) : result.resolve(raw(piece));
        } catch (IllegalArgumentException e) {
          return Optional.empty();
        }
        start = i + 1;
      }
    }
    return Optional.ofNullable(result);
  }

  /**
   * Makes a path with a slash at its end. The only way is a URI in which the JDK does not recognise
   * the slash.
   */
  private static Path raw(byte[] piece) {
    boolean isAbsolute = piece[0] == '/';
    byte[] names = isAbsolute ? Arrays.copyOfRange(piece, 1, piece.length) : piece;
    Path path = Path.of(URI.create("file:///" + PERCENT.formatHex(names)));
    return isAbsolute ? path : path.subpath(0, path.getNameCount());
  }

  /** The raw bytes of a path. */
  public static byte[] of(Path path) {
    String string = path.toString();
    if (isAscii(string)) {
      return string.getBytes(US_ASCII);
    }
    if (path.getFileSystem() != FileSystems.getDefault()) {
      return string.getBytes(UTF_8);
    }
    if (path.isAbsolute() || path.getNameCount() > 1) {
      // Name by name: relativize() would take dots out.
      byte[] result = path.isAbsolute() ? SLASH : new byte[0];
      for (int i = 0; i < path.getNameCount(); i++) {
        result = Bytes.concat(result, i == 0 ? new byte[0] : SLASH, of(path.getName(i)));
      }
      return result;
    }
    String encoded = Path.of(NOWHERE).resolve(path).toUri().getRawPath();
    // The decoder is made for HTML forms, in which a plus is a blank.
    return URLDecoder.decode(encoded.replace("+", "%2B"), ISO_8859_1)
        .substring(NOWHERE.length() + 1)
        .getBytes(ISO_8859_1);
  }

  /** The path as text in which every byte survives: UTF-8, other bytes as lone surrogates. */
  public static String toText(Path path) {
    String string = path.toString();
    return isAscii(string) ? string : toText(of(path));
  }

  /** Decodes bytes as UTF-8; bytes that are not become lone surrogates. */
  public static String toText(byte[] bytes) {
    var decoder =
        UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    // UTF-8 never decodes to more chars than it has bytes.
    CharBuffer out = CharBuffer.allocate(bytes.length);
    while (true) {
      var result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (ESCAPE + (in.get() & 0xFF)));
      }
      decoder.reset();
    }
  }

  /** The reverse of {@link #toText}. */
  public static byte[] fromText(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xFF) {
                bytes.write(c - ESCAPE);
              } else {
                bytes.writeBytes(Character.toString(c).getBytes(UTF_8));
              }
            });
    return bytes.toByteArray();
  }

  /**
   * Tells whether the string of a path names the same bytes, so that interfaces that take strings
   * ({@link java.io.File}) reach the same file.
   */
  public static boolean survivesString(Path path) {
    String string = path.toString();
    // What the JDK cannot decode it shows as U+FFFD; a name that really holds U+FFFD is treated the
    // same, which only takes longer. All charsets in which the JDK takes names can encode what they
    // have decoded.
    return isAscii(string)
        || (string.indexOf('\uFFFD') < 0 && FILE_NAMES.newEncoder().canEncode(string));
  }

  /** Tells whether the bytes are valid UTF-8. */
  public static boolean isUtf8(byte[] bytes) {
    return Utf8.isWellFormed(bytes);
  }

  /**
   * The {@code file:} URI of an absolute path of the default file system, from which {@link
   * Path#of(URI)} makes the same path. Unlike {@link Path#toUri} it does not look at the disk, and
   * never ends in a slash.
   */
  public static URI toUri(Path absolute) {
    // The encoder is made for HTML forms. In a URI only the slash and the characters that RFC 3986
    // does not reserve stay as they are.
    String encoded = URLEncoder.encode(new String(of(absolute), ISO_8859_1), ISO_8859_1);
    return URI.create(
        "file://"
            + encoded
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~")
                .replace("%2F", "/"));
  }

  private static boolean isAscii(String string) {
    return CharMatcher.ascii().matchesAllOf(string);
  }
}
