package dev.mtb.copy;

import dev.mtb.files.Folders;
import dev.mtb.model.Metadata;
import dev.mtb.store.Retry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
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

  private final Folders folders;
  private final Path path;
  private final Path start;

  /**
   * A file, which need not exist.
   *
   * @param start the directory above it below which no symbolic link is followed
   */
  SourceFile(Folders folders, Path path, Path start) {
    this.folders = folders;
    this.path = path;
    this.start = start;
  }

  Metadata look() throws SourceException {
    try {
      return folders.look(path, start);
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

  SeekableByteChannel open() throws SourceException {
    try {
      return folders.read(path, start);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** What a link leads to. */
  Path link() throws SourceException {
    try {
      return Files.readSymbolicLink(path);
    } catch (IOException e) {
      // It may be a file by now.
      throw failure(e);
    }
  }

  boolean isSame(Metadata before) throws SourceException {
    try {
      return Metadata.of(path).sameVersion(before);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Whether it is the same, and so many bytes are all of it. */
  boolean isStill(Metadata before, long total) throws SourceException {
    return total == before.size() && isSame(before);
  }

  SourceException failure(IOException e) {
    return SourceException.of(e, path);
  }

  /** Fills the buffer as far as the file goes, ready to be written. */
  static int fill(SeekableByteChannel in, ByteBuffer buffer) throws SourceException {
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
