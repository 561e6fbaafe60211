package dev.mtb.scan;

import dev.mtb.model.InvalidJobException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Splits a list into entries, as bytes, one at a time. Stateless and thread-safe. */
public final class ListReader {
  /** Linux refuses longer paths (PATH_MAX, path_resolution(7)), so no list needs longer lines. */
  static final int LONGEST_ENTRY = 4096;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  /** Takes one entry. */
  public interface Consumer {
    /** Takes it. */
    void entry(byte[] entry) throws IOException;
  }

  private ListReader() {}

  /**
   * Reads a list to its end.
   *
   * @param in the list; buffered here, not closed
   * @param name of the list, for messages
   * @param nulSeparated whether entries end with NUL, and nothing is a comment
   * @param consumer given every entry but blank lines and comments
   * @throws InvalidJobException if this cannot be a list
   */
  public static void read(InputStream in, String name, boolean nulSeparated, Consumer consumer)
      throws IOException {
    int separator = nulSeparated ? 0 : '\n';
    BufferedInputStream buffered = new BufferedInputStream(in, 1 << 16);
    boolean isUtf16 = beginsLikeUtf16(buffered);
    skipByteOrderMark(buffered);
    ByteArrayOutputStream entry = new ByteArrayOutputStream(256);
    long number = 1;
    int b;
    do {
      b = buffered.read();
      if (b == separator || b < 0) {
        if (nulSeparated ? entry.size() > 0 : isEntry(entry)) {
          consumer.entry(entry.toByteArray());
        }
        entry.reset();
        number++;
      } else if (b == 0) {
        throw new InvalidJobException(
            name
                + ", line "
                + number
                + (isUtf16
                    ? ": the list is UTF-16, and must be UTF-8 (iconv -f UTF-16 -t UTF-8)"
                    : ": holds a NUL byte, so this is not a list of names, one a line; if its"
                        + " entries end with NUL, say BackupJob.filesFrom0"));
      } else if (entry.size() == LONGEST_ENTRY) {
        throw new InvalidJobException(
            name
                + (nulSeparated ? ", entry " : ", line ")
                + number
                + ": longer than any path can be ("
                + LONGEST_ENTRY
                + " bytes); is this a list of names?");
      } else {
        entry.write(b);
      }
    } while (b >= 0);
  }

  private static boolean isEntry(ByteArrayOutputStream line) {
    byte[] bytes = line.toByteArray();
    if (bytes.length == 0 || bytes[0] == '#' || bytes[0] == ';') {
      return false;
    }
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the list begins with a UTF-16 byte order mark, which no list in UTF-8 begins with. The
   * NULs in the text show whether it really is UTF-16.
   */
  private static boolean beginsLikeUtf16(BufferedInputStream in) throws IOException {
    in.mark(2);
    int first = in.read();
    int second = in.read();
    in.reset();
    return (first == 0xFF && second == 0xFE) || (first == 0xFE && second == 0xFF);
  }

  private static void skipByteOrderMark(BufferedInputStream in) throws IOException {
    in.mark(BYTE_ORDER_MARK.length);
    for (byte expected : BYTE_ORDER_MARK) {
      if (in.read() != (expected & 0xFF)) {
        in.reset();
        return;
      }
    }
  }
}
