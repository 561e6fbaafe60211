package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the limits of HTTP/1.1 messages in a stream. For one thread. */
final class HttpInput {
  /** The start line and the headers of a message, with the bytes they came as. */
  static final class Head {
    private final byte[] raw;
    private final List<String> lines;

    Head(byte[] raw, List<String> lines) {
      this.raw = raw;
      this.lines = lines;
    }

    byte[] raw() {
      return raw;
    }

    /** The bytes without a header. */
    byte[] without(String name) {
      return lines.stream()
          .filter(line -> !line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .map(line -> line + "\r\n")
          .collect(Collectors.joining("", "", "\r\n"))
          .getBytes(ISO_8859_1);
    }

    /** Of the body; empty if that is chunked, or lasts to the end of the stream. */
    Optional<Long> length() {
      return header("content-length").map(Long::parseLong);
    }

    String word(int index) throws IOException {
      String[] words = lines.get(0).split(" ", -1);
      if (index >= words.length) {
        throw new IOException("not HTTP: " + lines.get(0));
      }
      return words[index];
    }

    Optional<String> header(String name) {
      return lines.stream()
          .skip(1)
          .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst();
    }
  }

  /** Takes the pieces of a body. */
  interface Sink {
    /**
     * Takes the next piece.
     *
     * @param payload how many of the bytes are content, not framing
     */
    void accept(byte[] bytes, int payload) throws IOException, InterruptedException;
  }

  private static final int MAX_LINE = 64 * 1024;

  private final InputStream in;
  private final byte[] buffer = new byte[64 * 1024];
  private int position;
  private int limit;

  HttpInput(InputStream in) {
    this.in = in;
  }

  /** Reads up to and with the empty line after the headers; empty at the end of the stream. */
  Optional<Head> readHead() throws IOException {
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    List<String> lines = new ArrayList<>();
    while (true) {
      byte[] line = readLine();
      if (line.length == 0) {
        if (raw.size() == 0) {
          return Optional.empty();
        }
        throw new EOFException("connection closed within the headers");
      }
      raw.writeBytes(line);
      String text = new String(line, ISO_8859_1).strip();
      if (!text.isEmpty()) {
        lines.add(text);
      } else if (!lines.isEmpty()) {
        return Optional.of(new Head(raw.toByteArray(), lines));
      }
    }
  }

  /** Hands the body that follows {@code head} to {@code sink}, piece by piece. */
  void copyBody(Head head, long lengthIfUnknown, Sink sink)
      throws IOException, InterruptedException {
    boolean chunked =
        head.header("transfer-encoding")
            .filter(value -> value.toLowerCase(Locale.ROOT).contains("chunked"))
            .isPresent();
    if (chunked) {
      copyChunks(sink);
      return;
    }
    Optional<Long> length = head.length();
    if (length.isPresent()) {
      copy(length.get(), sink);
    } else if (lengthIfUnknown > 0) {
      copyToEnd(sink);
    }
  }

  private void copyChunks(Sink sink) throws IOException, InterruptedException {
    while (true) {
      byte[] sizeLine = readFullLine();
      sink.accept(sizeLine, 0);
      String size = new String(sizeLine, ISO_8859_1).split(";", 2)[0].strip();
      long length = Long.parseLong(size, 16);
      if (length == 0) {
        break;
      }
      copy(length, sink);
      sink.accept(readFullLine(), 0);
    }
    byte[] trailer;
    do {
      trailer = readFullLine();
      sink.accept(trailer, 0);
    } while (!new String(trailer, ISO_8859_1).isBlank());
  }

  private void copy(long length, Sink sink) throws IOException, InterruptedException {
    long remaining = length;
    while (remaining > 0) {
      if (!fill()) {
        throw new EOFException("connection closed within a body");
      }
      int size = (int) Math.min(remaining, limit - position);
      sink.accept(take(size), size);
      remaining -= size;
    }
  }

  private void copyToEnd(Sink sink) throws IOException, InterruptedException {
    while (fill()) {
      int size = limit - position;
      sink.accept(take(size), size);
    }
  }

  private byte[] readFullLine() throws IOException {
    byte[] line = readLine();
    if (line.length == 0) {
      throw new EOFException("connection closed within a chunked body");
    }
    return line;
  }

  /** Reads a line with its end; empty at the end of the stream. */
  private byte[] readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (fill()) {
      byte next = buffer[position++];
      line.write(next);
      if (next == '\n') {
        return line.toByteArray();
      }
      if (line.size() > MAX_LINE) {
        throw new IOException("not HTTP: a line of more than " + MAX_LINE + " bytes");
      }
    }
    if (line.size() > 0) {
      throw new EOFException("connection closed within a line");
    }
    return new byte[0];
  }

  private byte[] take(int size) {
    byte[] bytes = Arrays.copyOfRange(buffer, position, position + size);
    position += size;
    return bytes;
  }

  private boolean fill() throws IOException {
    if (position < limit) {
      return true;
    }
    position = 0;
    limit = Math.max(0, in.read(buffer));
    return limit > 0;
  }
}
