package dev.mtb.copy;

import dev.mtb.store.Store;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Direct buffers, used again and again: there are never more than there are threads. Thread-safe.
 */
public final class Buffers {
  /**
   * The size of a buffer. It holds a small file whole, and larger buffers are not faster. 500 MB on
   * a local disk took 0.13 s with 128 and 256 KiB, 0.24 s with 16 KiB, 0.14 s with 4 MiB and with
   * {@code transferTo}; 100 MB into s3fs 0.10 s with 128 KiB to 4 MiB, 0.18 s with 16 KiB, 0.15 s
   * with {@code transferTo}.
   */
  private static final int SIZE = Store.SMALL_FILE;

  private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();

  /** One buffer, lent. */
  public final class Loan implements AutoCloseable {
    private final ByteBuffer buffer;

    private Loan() {
      ByteBuffer used = free.poll();
      buffer = used != null ? used : ByteBuffer.allocateDirect(SIZE);
    }

    /** The buffer; not to be used after the loan is closed. */
    public ByteBuffer buffer() {
      return buffer;
    }

    @Override
    public void close() {
      free.add(buffer.clear());
    }
  }

  /** Lends a buffer. */
  public Loan lend() {
    return new Loan();
  }
}
