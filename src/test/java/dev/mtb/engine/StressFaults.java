package dev.mtb.engine;

import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.store.DestinationException;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.FaultyStore.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Exchanger;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The injected faults of one run, and the events that the run reported. The faults follow only from
 * the seed, and not from the order of threads: each operation on each path has its own random
 * numbers. Thread-safe.
 */
final class StressFaults implements FaultyStore.Fault, BackupListener {
  private final long seed;
  private final double io;
  private final double runtime;
  private final double lost;
  private final double error;
  private final double slow;
  private final double listenerFails;
  private final int interruptAt;
  private final int interruptAgainAt;
  private final int vanishAt;
  private final Path vanishing;
  private final AtomicInteger operations = new AtomicInteger();
  private final Map<String, AtomicInteger> times = new ConcurrentHashMap<>();
  private final Exchanger<Integer> rendezvous = new Exchanger<>();

  final AtomicInteger trouble = new AtomicInteger();
  final AtomicInteger metadataFailures = new AtomicInteger();
  final AtomicInteger losses = new AtomicInteger();
  final AtomicInteger errors = new AtomicInteger();
  final Map<String, AtomicInteger> copied = new ConcurrentHashMap<>();
  final Map<String, AtomicInteger> unchanged = new ConcurrentHashMap<>();
  final Map<String, AtomicInteger> changing = new ConcurrentHashMap<>();

  private Thread caller;
  private int interrupts;

  private StressFaults(long seed, boolean isCalm, Path vanishing) {
    this.seed = seed;
    this.vanishing = vanishing;
    Random random = new Random(seed);
    boolean isQuick = isCalm || random.nextInt(3) == 0;
    slow = isQuick ? 0 : random.nextDouble() / 3;
    io = rate(random, isCalm, 2, 0.15);
    runtime = rate(random, isCalm, 6, 0.05);
    lost = rate(random, isCalm, 6, 0.05);
    error = rate(random, isCalm, 15, 0.02);
    listenerFails = rate(random, isCalm, 5, 0.3);
    boolean isInterrupted = !isCalm && random.nextInt(5) == 0;
    interruptAt = isInterrupted ? random.nextInt(40) : -1;
    interruptAgainAt = isInterrupted ? interruptAt + random.nextInt(10) : -1;
    vanishAt = !isCalm && vanishing != null && random.nextInt(6) == 0 ? random.nextInt(20) : -1;
  }

  static StressFaults seeded(long seed, Path vanishing) {
    return new StressFaults(seed, false, vanishing);
  }

  static StressFaults none() {
    return new StressFaults(0, true, null);
  }

  private static double rate(Random random, boolean isCalm, int oneIn, double most) {
    double rate = random.nextInt(oneIn) == 0 ? random.nextDouble() * most : 0;
    return isCalm ? 0 : rate;
  }

  /** Called by the thread that is about to run the job. */
  synchronized void start() {
    caller = Thread.currentThread();
    if (interruptAt == 0) {
      interrupt();
    }
  }

  /** Called by the same thread when the run has returned. From now on no thread interrupts it. */
  synchronized int end() {
    caller = null;
    return interrupts;
  }

  private synchronized void interrupt() {
    if (caller != null) {
      interrupts++;
      caller.interrupt();
    }
  }

  boolean mayVanish() {
    return vanishAt >= 0;
  }

  boolean mayVanish(Path source) {
    return vanishAt >= 0 && source.equals(vanishing);
  }

  /** Whether a directory's own time may move during the run. */
  boolean mayMove(Path directory) {
    return vanishAt >= 0 && directory.equals(vanishing.getParent());
  }

  private Random dice(String what) {
    int time = times.computeIfAbsent(what, w -> new AtomicInteger()).incrementAndGet();
    return new Random(seed ^ (31L * what.hashCode() + time) * 0x9E3779B97F4A7C15L);
  }

  @Override
  public void before(Operation operation, Path path) throws IOException {
    int count = operations.incrementAndGet();
    if (count == interruptAt || count == interruptAgainAt) {
      interrupt();
    }
    if (count == vanishAt) {
      Files.deleteIfExists(vanishing);
    }
    Random dice = dice(operation + " " + path);
    if (dice.nextDouble() < slow) {
      delay(dice);
    }
    if (path.toString().isEmpty() && operation == Operation.STAT) {
      // The check of the destination at the beginning never fails, or there would be no run.
      return;
    }
    String injected = "injected at " + operation + " " + path;
    boolean isTrouble = dice.nextDouble() < io;
    boolean isUnexpected = dice.nextDouble() < runtime;
    if (operation == Operation.METADATA && (isTrouble || isUnexpected)) {
      metadataFailures.incrementAndGet();
    }
    if (isTrouble) {
      trouble.incrementAndGet();
      throw new IOException(injected);
    }
    if (isUnexpected) {
      trouble.incrementAndGet();
      throw new IllegalStateException(injected);
    }
    if (dice.nextDouble() < lost) {
      losses.incrementAndGet();
      throw new DestinationException(injected);
    }
    if (dice.nextDouble() < error) {
      errors.incrementAndGet();
      throw new AssertionError(injected);
    }
  }

  /**
   * Waits for a short time, or for another thread, so that threads interleave at all operations.
   */
  private void delay(Random dice) {
    switch (dice.nextInt(3)) {
      case 0 -> Thread.onSpinWait();
      case 1 -> LockSupport.parkNanos(dice.nextInt(300_000));
      default -> {
        try {
          rendezvous.exchange(0, 500, TimeUnit.MICROSECONDS);
        } catch (TimeoutException e) {
          // No other thread came.
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private static void count(Map<String, AtomicInteger> counts, Path path) {
    counts.computeIfAbsent(path.toString(), p -> new AtomicInteger()).incrementAndGet();
  }

  private void mayFail(String what) {
    if (listenerFails > 0) {
      Random dice = dice(what);
      if (dice.nextDouble() < listenerFails) {
        if (dice.nextDouble() < error) {
          errors.incrementAndGet();
          throw new AssertionError("the listener, at " + what);
        }
        throw new IllegalStateException("the listener, at " + what);
      }
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    count(action == Action.NONE ? unchanged : changing, path);
    mayFail("decided " + path);
  }

  @Override
  public void copied(Path path, Metadata source) {
    count(copied, path);
    mayFail("copied " + path);
  }

  @Override
  public void bytesWritten(long bytes) {
    mayFail("bytes " + bytes);
  }

  @Override
  public void failed(Failure failure) {
    mayFail("failed " + failure.path());
  }

  @Override
  public String toString() {
    return String.format(
        "seed %d: io %.2f, runtime %.2f, lost %.2f, error %.3f, listener %.2f, interrupts at %d and"
            + " %d, %d operations",
        seed,
        io,
        runtime,
        lost,
        error,
        listenerFails,
        interruptAt,
        interruptAgainAt,
        operations.get());
  }
}
