package dev.mtb.model;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.EncoderException;
import org.apache.commons.codec.net.PercentCodec;

/**
 * File names as the bytes that they are.
 *
 * <p>On Linux a name is any bytes but NUL and slash. {@link Path} keeps them, but the way through
 * {@link String} does not: a byte sequence that is not valid in {@code sun.jnu.encoding} becomes
 * U+FFFD, and under {@code LC_ALL=C} that is every byte above 127. {@code file:} URIs are the one
 * public door of the JDK that takes and gives raw bytes (percent-encoded), in every locale.
 *
 * <p>Where a name must travel as a string (the command line), bytes that are not UTF-8 stand as the
 * lone surrogates U+DC80 to U+DCFF, as in Python's {@code surrogateescape}.
 *
 * <p>Thread-safe.
 */
public final class PathBytes {
  private static final char ESCAPE = '\uDC00';

  /** A name resolved against this can be turned into a URI without a costly look at the disk. */
  private static final String NOWHERE = "/proc/self/none";

  private PathBytes() {}

  /**
   * Makes a path of a text that stands for it, as {@link #toText(Path)} writes it: a command
   * line's.
   *
   * @param text absolute, or relative to the current directory
   * @return a path of the default file system
   * @throws InvalidPathException if there is a NUL in it
   */
  public static Path parse(String text) {
    return resolve(Path.of(""), fromText(text));
  }

  /**
   * Makes a path of raw bytes.
   *
   * @param base what a relative path is resolved against; its file system is used
   * @param bytes the path, absolute or relative, without NUL
   * @return {@code base} resolved with the path
   * @throws InvalidPathException if there is a NUL in it
   */
  public static Path resolve(Path base, byte[] bytes) {
    for (byte b : bytes) {
      if (b == 0) {
        throw new InvalidPathException(toText(bytes), "NUL in a name");
      }
    }
    boolean isAbsolute = bytes.length > 0 && bytes[0] == '/';
    Path result = isAbsolute ? root(base.getFileSystem()) : base;
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i == bytes.length || bytes[i] == '/') {
        if (i > start) {
          result = result.resolve(name(base.getFileSystem(), Arrays.copyOfRange(bytes, start, i)));
        }
        start = i + 1;
      }
    }
    return result;
  }

  private static Path root(FileSystem fileSystem) {
    return fileSystem.getRootDirectories().iterator().next();
  }

  private static Path name(FileSystem fileSystem, byte[] bytes) {
    String text = toText(bytes);
    return isAscii(text) || fileSystem != FileSystems.getDefault()
        ? fileSystem.getPath(text)
        : Path.of(uri(concat(new byte[] {'/'}, bytes))).getFileName();
  }

  /**
   * Makes the target of a symbolic link of raw bytes, as the JDK would read it: slashes at the end
   * and doubled ones are kept, which {@link #resolve} drops. A link made with it leads to just
   * these bytes.
   *
   * @param target of the link
   * @return a path of the default file system; empty if the JDK can make no path of these bytes
   *     (none at all, a NUL, three slashes in a row, two at the beginning or the end)
   */
  public static Optional<Path> exactly(byte[] target) {
    Path result = null;
    int start = 0;
    for (int i = 1; i <= target.length; i++) {
      boolean isDoubled = i < target.length && target[i] == '/' && target[i - 1] == '/';
      if (isDoubled || i == target.length) {
        // A piece ends in the first of two slashes, and resolving puts the second behind it.
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

  /** The one way to a path with a slash at its end is a URI in which it is not seen as one. */
  private static Path raw(byte[] piece) {
    boolean isAbsolute = piece[0] == '/';
    byte[] names = isAbsolute ? Arrays.copyOfRange(piece, 1, piece.length) : piece;
    Path path = Path.of(URI.create("file:///" + PERCENT.formatHex(names)));
    return isAbsolute ? path : path.subpath(0, path.getNameCount());
  }

  private static final HexFormat PERCENT = HexFormat.of().withPrefix("%");

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] result = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, result, first.length, second.length);
    return result;
  }

  /**
   * The raw bytes of a path.
   *
   * @param path any path
   * @return its bytes
   */
  public static byte[] of(Path path) {
    String string = path.toString();
    if (isAscii(string)) {
      return string.getBytes(StandardCharsets.US_ASCII);
    }
    if (path.getFileSystem() != FileSystems.getDefault()) {
      return string.getBytes(StandardCharsets.UTF_8);
    }
    if (path.isAbsolute() || path.getNameCount() > 1) {
      // Name by name: relativize() would take dots out.
      byte[] result = path.isAbsolute() ? new byte[] {'/'} : new byte[0];
      for (int i = 0; i < path.getNameCount(); i++) {
        result = concat(i == 0 ? result : concat(result, new byte[] {'/'}), of(path.getName(i)));
      }
      return result;
    }
    byte[] bytes = percentDecode(Path.of(NOWHERE).resolve(path).toUri().getRawPath());
    return Arrays.copyOfRange(bytes, NOWHERE.length() + 1, bytes.length);
  }

  /**
   * The path as text in which every byte survives: UTF-8, other bytes as lone surrogates.
   *
   * @param path any path
   * @return text that {@link #fromText} turns back into the same bytes
   */
  public static String toText(Path path) {
    String string = path.toString();
    return isAscii(string) ? string : toText(of(path));
  }

  /**
   * Decodes bytes as UTF-8; bytes that are not become lone surrogates.
   *
   * @param bytes any bytes
   * @return text that {@link #fromText} turns back into the same bytes
   */
  public static String toText(byte[] bytes) {
    var decoder =
        StandardCharsets.UTF_8
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

  /**
   * The reverse of {@link #toText}.
   *
   * @param text UTF-16 text in which lone surrogates U+DC80 to U+DCFF stand for single bytes
   * @return the bytes
   */
  public static byte[] fromText(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xFF) {
                bytes.write(c - ESCAPE);
              } else {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
              }
            });
    return bytes.toByteArray();
  }

  /**
   * Tells whether the path comes through {@link Path#toString} whole, so that interfaces that take
   * strings ({@link java.io.File}) reach the same file.
   *
   * @param path any path
   * @return whether its string names the same bytes
   */
  public static boolean survivesString(Path path) {
    String string = path.toString();
    if (isAscii(string)) {
      return true;
    }
    // What the JDK cannot decode it shows as U+FFFD; a name that really holds U+FFFD is taken for
    // one of those, which costs a detour and no harm. A charset that cannot encode what it decoded
    // does not exist among those the JDK takes names in.
    return string.indexOf('\uFFFD') < 0 && FILE_NAMES.newEncoder().canEncode(string);
  }

  private static final Charset FILE_NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

  /**
   * Tells whether the bytes are valid UTF-8.
   *
   * @param bytes any bytes
   * @return whether they are
   */
  public static boolean isUtf8(byte[] bytes) {
    try {
      var unused = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /**
   * The {@code file:} URI of an absolute path. Unlike {@link Path#toUri} it does not look at the
   * disk, and never ends in a slash.
   *
   * @param absolute an absolute path of the default file system
   * @return a URI from which {@link Path#of(URI)} makes the same path
   */
  public static URI toUri(Path absolute) {
    return uri(of(absolute));
  }

  private static URI uri(byte[] absolute) {
    return URI.create("file://" + percentEncode(absolute));
  }

  private static boolean isAscii(String string) {
    for (int i = 0; i < string.length(); i++) {
      if (string.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  private static String percentEncode(byte[] bytes) {
    try {
      return new String(codec().encode(bytes), StandardCharsets.US_ASCII);
    } catch (EncoderException e) {
      throw new AssertionError("the percent codec encodes any bytes", e);
    }
  }

  private static byte[] percentDecode(String encoded) {
    try {
      return codec().decode(encoded.getBytes(StandardCharsets.US_ASCII));
    } catch (DecoderException e) {
      throw new AssertionError("the JDK made a URI that is not percent-encoded", e);
    }
  }

  /** Encodes whatever is neither unreserved in RFC 3986 nor the slash; the codec has no state. */
  private static PercentCodec codec() {
    return new PercentCodec(ALWAYS_ENCODED.clone(), false);
  }

  private static final byte[] ALWAYS_ENCODED = alwaysEncoded();

  private static byte[] alwaysEncoded() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int b = 1; b < 0x80; b++) {
      boolean unreserved =
          (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z')
              || (b >= '0' && b <= '9')
              || "-._~/".indexOf(b) >= 0;
      if (!unreserved) {
        bytes.write(b);
      }
    }
    return bytes.toByteArray();
  }
}
