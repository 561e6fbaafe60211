package dev.mtb.store.bucket;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * The reading of parts of large objects in advance and in parallel, for all files together.
 * Thread-safe.
 */
final class ReadAhead {
  /**
   * The size of a part. Each part is a request: at a round trip of 50 ms and 100 MB/s, the
   * connection waits for a third of the time. In bytes.
   */
  static final int PART = 8 << 20;

  /** The most parts in memory: 64 MiB. */
  static final int MOST_AT_ONCE = 8;

  private final Semaphore room = new Semaphore(MOST_AT_ONCE);
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          new ThreadFactoryBuilder().setNameFormat("mtb-read-ahead-%d").setDaemon(true).build());

  /** Opens a part. */
  interface Opener {
    InputStream open() throws IOException;
  }

  /** A part that is being read. For one thread. */
  final class Part {
    private final CompletableFuture<byte[]> content;

    private Part(CompletableFuture<byte[]> content) {
      this.content = content;
    }

    /**
     * Waits for the content; empty if it could not be read. The part occupies its room until {@link
     * #drop}.
     */
    Optional<byte[]> take() {
      return content.thenApply(Optional::of).exceptionally(e -> Optional.empty()).join();
    }

    /** Frees the room of the part. To be called once. */
    void drop() {
      var unused = content.whenComplete((bytes, failure) -> room.release());
    }
  }

  /**
   * Begins to read a part, if there is room.
   *
   * @return must be dropped in the end; empty if there is no room
   */
  Optional<Part> begin(Opener opener, int length) {
    if (!room.tryAcquire()) {
      return Optional.empty();
    }
    return Optional.of(
        new Part(CompletableFuture.supplyAsync(() -> content(opener, length), threads)));
  }

  private static byte[] content(Opener opener, int length) {
    try (InputStream in = opener.open()) {
      byte[] bytes = new byte[length];
      if (in.readNBytes(bytes, 0, length) < length) {
        throw new EOFException("the answer ended early");
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void close() {
    threads.shutdown();
  }
}
