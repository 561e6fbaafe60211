package dev.mtb.store.bucket;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * An object that is read from its beginning to its end: always the same version, even if another
 * program writes the object meanwhile. If an answer is cut off, the rest is requested again. A
 * large object is read in parts, some of them ahead. Not thread-safe.
 */
final class ObjectChannel implements ReadableByteChannel {
  /** Smaller objects are read with one request. */
  private static final long IN_PARTS_FROM = 2L * ReadAhead.PART;

  /** Parts of one file that are read ahead: more would leave nothing to other large files. */
  private static final int AHEAD = 4;

  /** The most bytes that one read returns. */
  private static final int CHUNK = 64 << 10;

  private final Opener opener;
  private final Optional<ReadAhead> ahead;
  private final int retries;
  private final long size;
  private final byte[] chunk;

  /** A part that was begun. */
  private record Begun(long start, ReadAhead.Part part) {}

  private final ArrayDeque<Begun> parts = new ArrayDeque<>();
  private long nextBegun;
  private InputStream in;

  /** The part that is read now, if it was read ahead. */
  private Optional<ReadAhead.Part> taken = Optional.empty();

  private long position;
  private boolean isOpen = true;

  /** Opens a part of the version that is read. */
  interface Opener {
    InputStream open(long start, long end) throws IOException;
  }

  /**
   * A content that is to be asked for.
   *
   * @param first an answer that has begun with the whole content
   * @param ahead reads parts of a large object before their turn
   */
  ObjectChannel(
      Opener opener,
      long size,
      Optional<? extends InputStream> first,
      Optional<ReadAhead> ahead,
      int retries) {
    this.opener = opener;
    this.size = size;
    this.in = first.orElse(null);
    this.ahead = size < IN_PARTS_FROM ? Optional.empty() : ahead;
    this.retries = retries;
    chunk = new byte[(int) Math.min(CHUNK, size)];
    nextBegun = ReadAhead.PART;
  }

  @Override
  public int read(ByteBuffer buffer) throws IOException {
    if (!isOpen) {
      throw new ClosedChannelException();
    }
    if (position >= size) {
      return -1;
    }
    if (!buffer.hasRemaining()) {
      return 0;
    }
    int count = readSome(Math.min(buffer.remaining(), chunk.length));
    buffer.put(chunk, 0, count);
    long end = endOfPart();
    position += count;
    if (position == end) {
      closeAnswer();
    }
    return count;
  }

  private int readSome(int most) throws IOException {
    for (int failed = 0; ; failed++) {
      if (in == null) {
        // The client has sent the request again already.
        in = next();
      }
      try {
        int count = in.read(chunk, 0, (int) Math.min(most, endOfPart() - position));
        if (count > 0) {
          return count;
        }
        throw new EOFException("the answer ended early");
      } catch (IOException e) {
        abort();
        if (failed >= retries) {
          throw e;
        }
      }
    }
  }

  private void closeAnswer() {
    try {
      in.close();
    } catch (IOException e) {
      // Everything that is needed was read, so a failure to close loses nothing.
      abort();
    }
    in = null;
    dropTaken();
  }

  private void dropTaken() {
    taken.ifPresent(ReadAhead.Part::drop);
    taken = Optional.empty();
  }

  /** Parts begin at multiples of their size. */
  private long endOfPart() {
    return ahead.isEmpty()
        ? size
        : Math.min(size, (position / ReadAhead.PART + 1) * ReadAhead.PART);
  }

  private InputStream next() throws IOException {
    boolean isBegun = !parts.isEmpty() && parts.peek().start() == position;
    taken = isBegun ? Optional.of(parts.remove().part()) : Optional.empty();
    ahead.ifPresent(this::readAhead);
    Optional<byte[]> content = taken.flatMap(ReadAhead.Part::take);
    if (content.isPresent()) {
      return new ByteArrayInputStream(content.get());
    }
    dropTaken();
    return opener.open(position, endOfPart());
  }

  /**
   * Begins to read the parts after this one. A part for which there is no room is not read ahead.
   */
  private void readAhead(ReadAhead reader) {
    nextBegun = Math.max(nextBegun, endOfPart());
    while (parts.size() < AHEAD && nextBegun < size) {
      long start = nextBegun;
      long end = Math.min(size, start + ReadAhead.PART);
      Optional<ReadAhead.Part> part =
          reader.begin(() -> opener.open(start, end), (int) (end - start));
      if (part.isEmpty()) {
        return;
      }
      parts.add(new Begun(start, part.get()));
      nextBegun = end;
    }
  }

  /** Closes an answer without waiting for the rest of it. */
  private void abort() {
    if (in != null) {
      Requests.abort(in);
      in = null;
    }
    dropTaken();
  }

  @Override
  public boolean isOpen() {
    return isOpen;
  }

  @Override
  public void close() {
    isOpen = false;
    abort();
    parts.forEach(begun -> begun.part().drop());
    parts.clear();
  }
}
