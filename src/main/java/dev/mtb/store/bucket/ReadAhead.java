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
 * Parts of large objects that are read before it is their turn, side by side, for all files
 * together. Thread-safe.
 */
final class ReadAhead {
  /**
   * A part is a request: at a round trip of 50 ms and 100 MB/s a connection has waited a third of
   * the time that it has read. In bytes.
   */
  static final int PART = 8 << 20;

  /** Times the size of a part what is held in memory: 64 MiB. */
  static final int MOST_AT_ONCE = 8;

  private final Semaphore room = new Semaphore(MOST_AT_ONCE);
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          new ThreadFactoryBuilder().setNameFormat("mtb-read-ahead-%d").setDaemon(true).build());

  /** Opens a part. */
  interface Opener {
    InputStream open() throws IOException;
  }

  /** A part that is on its way. For one thread. */
  final class Part {
    private final CompletableFuture<byte[]> content;

    private Part(CompletableFuture<byte[]> content) {
      this.content = content;
    }

    /** Waits for it; empty if it could not be read. It takes its room until it is dropped. */
    Optional<byte[]> take() {
      return content.thenApply(Optional::of).exceptionally(e -> Optional.empty()).join();
    }

    /** It is not needed any more; to be called once. */
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
