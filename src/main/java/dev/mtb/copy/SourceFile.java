package dev.mtb.copy;

import dev.mtb.model.Metadata;
import dev.mtb.store.Retry;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** A file or link of the source while it is copied. Thread-safe. */
final class SourceFile {
  /**
   * How coarse the kernel's clock for ctimes is: a tick of 1 to 10 ms, and as much again to be
   * safe.
   */
  private static final Duration TICK = Duration.ofMillis(20);

  private final Tree tree;
  private final TreeEntry entry;

  /** A file, which need not exist. */
  SourceFile(Tree tree, TreeEntry entry) {
    this.tree = tree;
    this.entry = entry;
  }

  Metadata look() throws SourceException {
    try {
      return entry.lookSafely();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Looks when no later change can have the same ctime. */
  Metadata settled(Retry.Pause pause) throws SourceException {
    Metadata seen = look();
    if (seen.ctime().isEmpty()) {
      return seen;
    }
    Duration age = Duration.between(seen.ctime().get(), Instant.now());
    // On a file server whose clock is ahead nothing can be told.
    if (age.isNegative() || age.compareTo(TICK) >= 0) {
      return seen;
    }
    pause.pause(TICK.minus(age));
    return look();
  }

  ReadableByteChannel open() throws SourceException {
    try {
      return entry.read();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** What a link leads to. */
  Path link() throws SourceException {
    try {
      return entry.readLink();
    } catch (IOException e) {
      // It may be a file by now.
      throw failure(e);
    }
  }

  boolean isSame(Metadata before) throws SourceException {
    try {
      return entry.look().sameVersion(before);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Whether it is the same, and so many bytes are all of it. */
  boolean isStill(Metadata before, long total) throws SourceException {
    return total == before.size() && isSame(before);
  }

  SourceException failure(IOException e) {
    return SourceException.of(e, tree, entry.path());
  }

  /** Fills the buffer as far as the file goes, ready to be written. */
  static int fill(ReadableByteChannel in, ByteBuffer buffer) throws SourceException {
    buffer.clear();
    try {
      while (buffer.hasRemaining() && in.read(buffer) >= 0) {
        // Until it is full or the file ends.
      }
    } catch (IOException e) {
      throw SourceException.of(e);
    }
    return buffer.flip().remaining();
  }
}
