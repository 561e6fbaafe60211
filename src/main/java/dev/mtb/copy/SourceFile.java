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

  /**
   * What was seen when a file was found, if that does for its copy: a small file is read at once,
   * and looked at again then.
   */
  static Optional<Before> asFound(Metadata seen) {
    return isSmallFile(seen) && age(seen) >= TICK.toNanos()
        ? Optional.of(new Before(seen, /* isSafe= */ false))
        : Optional.empty();
  }

  /** Looks when no later change can have the same ctime. */
  Before settled(Retry.Pause pause) throws SourceException {
    Metadata now = look();
    if (now.ctime().isEmpty()) {
      return new Before(now, /* isSafe= */ true);
    }
    long age = age(now);
    // On a file server whose clock is ahead nothing can be told.
    if (age < 0 || age >= TICK.toNanos()) {
      return new Before(now, /* isSafe= */ true);
    }
    pause.pause(TICK.minusNanos(age));
    return new Before(look(), /* isSafe= */ true);
  }

  private static boolean isSmallFile(Metadata seen) {
    return seen.kind() == Kind.FILE && seen.size() < Store.SMALL_FILE && seen.ctime().isPresent();
  }

  /** How long ago it was changed, in nanoseconds; long ago is the highest number. */
  private static long age(Metadata seen) {
    Duration age = Duration.between(seen.ctime().get(), Instant.now());
    return age.compareTo(TICK) >= 0 ? Long.MAX_VALUE : age.toNanos();
  }

  /**
   * What a source was like before it was read.
   *
   * @param isSafe whether no directory on the way was a link then. If that is not certain, it must
   *     be asked before anything is done with what was read.
   */
  record Before(Metadata metadata, boolean isSafe) {}

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

  /**
   * The same after the bytes were read; makes sure as well that they are of that file.
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
    // Its mode may have changed within the tick of the clock in which it was looked at.
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
        // Until it is full or the file ends. The kernel gives all that there is of a file: when
        // it gave what is expected and had room for more, it is the end.
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
