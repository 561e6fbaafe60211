package dev.mtb.copy;

import dev.mtb.destination.Destination;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Direct buffers, used again and again: there are never more than there are threads. Thread-safe.
 */
public final class Buffers {
  /** Holds a small file whole. Larger buffers gained nothing, on a local disk or through FUSE. */
  private static final int SIZE = Destination.SMALL_FILE;

  private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();

  /** One buffer, lent. */
  public final class Loan implements AutoCloseable {
    private final ByteBuffer buffer;

    private Loan() {
      ByteBuffer used = free.poll();
      buffer = used != null ? used : ByteBuffer.allocateDirect(SIZE);
    }

    /**
     * The buffer; not to be used after the loan is closed.
     *
     * @return a direct buffer
     */
    public ByteBuffer buffer() {
      return buffer;
    }

    @Override
    public void close() {
      free.add(buffer.clear());
    }
  }

  /**
   * Lends a buffer.
   *
   * @return to be closed
   */
  public Loan lend() {
    return new Loan();
  }
}
