package dev.mtb.copy;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.Retry;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A file or link of the source while it is copied. Thread-safe. */
final class SourceFile {
  /**
   * How coarse the kernel's clock for ctimes is: a tick of 1 to 10 ms, and as much again to be
   * safe.
   */
  private static final Duration TICK = Duration.ofMillis(20);

  private final Tree tree;
  private final TreeEntry entry;

  /**
   * Makes one.
   *
   * @param entry a file, which need not exist
   */
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

  /**
   * The look of the scan, if it can be used for the copy. That is so for a small file, which is
   * read at once and then looked at again.
   */
  static Optional<Before> asFound(Metadata seen) {
    return isSmallFile(seen) && age(seen) >= TICK.toNanos()
        ? Optional.of(new Before(seen, /* isSafe= */ false))
        : Optional.empty();
  }

  /** Looks at the file when a later change can no longer have the same ctime. */
  Before settled(Retry.Pause pause) throws SourceException {
    Metadata now = look();
    if (now.ctime().isEmpty()) {
      return new Before(now, /* isSafe= */ true);
    }
    long age = age(now);
    // If the clock of a file server is ahead, the age is not known.
    if (age < 0 || age >= TICK.toNanos()) {
      return new Before(now, /* isSafe= */ true);
    }
    pause.pause(TICK.minusNanos(age));
    return new Before(look(), /* isSafe= */ true);
  }

  private static boolean isSmallFile(Metadata seen) {
    return seen.kind() == Kind.FILE && seen.size() < Store.SMALL_FILE && seen.ctime().isPresent();
  }

  /** The time since the last change, in nanoseconds; the largest number if it is long. */
  private static long age(Metadata seen) {
    Duration age = Duration.between(seen.ctime().get(), Instant.now());
    return age.compareTo(TICK) >= 0 ? Long.MAX_VALUE : age.toNanos();
  }

  /**
   * What a source was like before it was read.
   *
   * @param isSafe whether no directory on the way was a link then. If that is not certain, it must
   *     be checked before the content is used.
   */
  record Before(Metadata metadata, boolean isSafe) {}

  ReadableByteChannel open() throws SourceException {
    try {
      return entry.read();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The target of a link. */
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

  /**
   * Compares again after the bytes were read, and checks that they come from this file.
   *
   * @return what is known of it now; empty if it has changed
   */
  Optional<Metadata> still(Before before, long total) throws SourceException {
    Metadata seen = before.metadata;
    if (before.isSafe) {
      return isStill(seen, total) ? Optional.of(seen) : Optional.empty();
    }
    if (total != seen.size()) {
      return Optional.empty();
    }
    // The mode may have changed in the same tick of the clock as the look, so it is taken from the
    // new look.
    Metadata now = look();
    return now.sameVersion(seen) ? Optional.of(now) : Optional.empty();
  }

  SourceException failure(IOException e) {
    return SourceException.of(e, tree, entry.path());
  }

  /**
   * Fills the buffer as far as the file goes, ready to be written.
   *
   * @param expected how much there should be
   */
  static int fill(ReadableByteChannel in, ByteBuffer buffer, long expected) throws SourceException {
    buffer.clear();
    try {
      while (buffer.hasRemaining() && in.read(buffer) >= 0) {
        // The loop ends when the buffer is full or the file ends. A read of a file returns all that
        // fits, so if it has returned the expected size and had room for more, the file has ended.
        if (in instanceof FileChannel && buffer.position() == expected) {
          break;
        }
      }
    } catch (IOException e) {
      throw SourceException.of(e);
    }
    return buffer.flip().remaining();
  }
}
