package dev.mtb.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * One direction of a connection, as a pipe with a delay: each piece leaves a fixed time after it
 * came in, so the delay costs time but no throughput. One thread sends, another writes.
 */
final class DelayLine {
  /** The most bytes under way: enough for 300 MB/s at a round trip of 50 ms. */
  private static final int CAPACITY = 8 << 20;

  private static final class Piece {
    final byte[] bytes;
    final long due;

    Piece(byte[] bytes, long due) {
      this.bytes = bytes;
      this.due = due;
    }
  }

  private final CountingProxy proxy;
  private final Socket target;
  private final Link link;

  // Guarded by this.
  private final Deque<Piece> pieces = new ArrayDeque<>();
  private long queued;
  private boolean finished;
  private boolean aborted;

  DelayLine(CountingProxy proxy, Socket target, Link link) {
    this.proxy = proxy;
    this.target = target;
    this.link = link;
  }

  synchronized void send(byte[] bytes) throws IOException, InterruptedException {
    while (queued >= CAPACITY && !aborted) {
      wait();
    }
    if (aborted) {
      throw new IOException("connection closed");
    }
    pieces.addLast(new Piece(bytes, System.nanoTime() + proxy.oneWayNanos()));
    queued += bytes.length;
    notifyAll();
  }

  /** Ends the stream after what was sent so far. */
  synchronized void finish() {
    finished = true;
    notifyAll();
  }

  synchronized void abort() {
    aborted = true;
    notifyAll();
  }

  /** Writes each piece when it is due, until the stream ends. */
  void write() throws IOException, InterruptedException {
    OutputStream out = target.getOutputStream();
    while (true) {
      Optional<Piece> next = take();
      if (next.isEmpty()) {
        target.shutdownOutput();
        return;
      }
      Piece piece = next.get();
      Link.sleepUntil(piece.due);
      link.acquire(piece.bytes.length);
      out.write(piece.bytes);
      proxy.touch();
    }
  }

  private synchronized Optional<Piece> take() throws IOException, InterruptedException {
    while (pieces.isEmpty() && !finished && !aborted) {
      wait();
    }
    if (aborted) {
      throw new IOException("connection closed");
    }
    Optional<Piece> piece = Optional.ofNullable(pieces.pollFirst());
    piece.ifPresent(taken -> queued -= taken.bytes.length);
    notifyAll();
    return piece;
  }
}
