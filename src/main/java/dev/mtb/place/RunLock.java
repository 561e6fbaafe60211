package dev.mtb.place;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.options.BackupOptions;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock on a destination: it keeps two runs from writing at the same time to one destination, or
 * to one inside the other, unless they are different parts of one job.
 *
 * <p>Each run holds a file of its own in the state directory, locked by the kernel. The kernel
 * unlocks it when the process ends in any way, so that the file of a killed run is recognised at
 * once and removed. One process at a time looks through these files and adds one. Runs in the same
 * JVM are compared in memory, since the kernel's locks are held by the process.
 *
 * <p>For one thread; several locks may be used at once.
 */
public final class RunLock implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RunLock.class);

  /** The lock of runs that change nothing. It is never taken. */
  public static final RunLock NONE = new RunLock(Optional.empty());

  /**
   * How often a waiting run checks whether the other run has ended. A check costs some system
   * calls.
   */
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** The time that a process needs to check some dozens of locks. */
  private static final Duration LOOK = Duration.ofMillis(5);

  /** A process that checks for longer is stopped (SIGSTOP), and may hold a lock. */
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

  private static final String SUFFIX = ".lock";

  private static final String INTERRUPTED = "interrupted while the destination was opened";

  /** The locks that this JVM holds in all state directories. Its own monitor guards it. */
  private static final List<RunLock> HELD = new ArrayList<>();

  private final Optional<BackupOptions> options;
  private LockClaim claim;
  private Path file;
  private FileChannel channel;

  private RunLock(Optional<BackupOptions> options) {
    this.options = options;
  }

  /** A lock that is not taken yet. It must be closed. */
  public static RunLock of(BackupOptions options) {
    return new RunLock(Optional.of(options));
  }

  /**
   * Takes it, or waits for another run as long as the options allow.
   *
   * @param place what the destination really is; see {@link LockPlace}
   * @param destination as the user knows it
   * @throws DestinationException if another run holds it; or if the thread is interrupted, and its
   *     interrupt status is then set
   */
  void take(String place, String destination) throws DestinationException {
    if (options.isEmpty()) {
      return;
    }
    LockClaim mine = LockClaim.now(place, destination, options.get().shard());
    Duration lockWait = options.get().waiting().lockWait();
    long start = System.nanoTime();
    boolean isTold = false;
    for (Optional<LockClaim> other = tryTake(mine); other.isPresent(); other = tryTake(mine)) {
      Duration left = lockWait.minus(Duration.ofNanos(System.nanoTime() - start));
      if (left.isNegative() || left.isZero()) {
        throw new DestinationException(
            other.get().describe()
                + (lockWait.isZero()
                    ? "; wait for it with Waiting.lockWait, or run again when it has ended"
                    : "; it did not end within " + Format.duration(lockWait)));
      }
      if (!isTold) {
        log.warn("waiting up to {}: {}", Format.duration(lockWait), other.get().describe());
        isTold = true;
      }
      pause(
          left.compareTo(PAUSE) < 0 ? left : PAUSE,
          "interrupted while waiting: " + other.get().describe());
    }
  }

  private static void pause(Duration duration, String failure) throws DestinationException {
    try {
      // Rounded up, or the last part of a millisecond would become a busy loop.
      Thread.sleep(duration.toMillis() + 1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DestinationException(failure, e);
    }
  }

  /** Takes the lock if no other run has it; otherwise returns the claim of that run. */
  private Optional<LockClaim> tryTake(LockClaim mine) throws DestinationException {
    synchronized (HELD) {
      for (RunLock held : HELD) {
        if (held.claim.meets(mine)) {
          return Optional.of(held.claim);
        }
      }
      // Other processes cannot write to a file system that exists only in this JVM.
      if (LockPlace.isShared(mine.place())) {
        Path directory = StateDirectory.of(options.orElseThrow()).resolve("locks");
        try {
          Optional<LockClaim> other = tryTake(mine, directory);
          if (other.isPresent()) {
            return other;
          }
        } catch (IOException e) {
          letGo();
          if (Thread.currentThread().isInterrupted()) {
            throw new DestinationException(INTERRUPTED, e);
          }
          log.warn(
              "whether another run is writing to {} cannot be told, since nothing can be locked in"
                  + " {} ({}); set MTB_STATE_DIR to a directory that can be written to",
              mine.destination(),
              directory,
              ErrorText.of(e));
        }
      }
      claim = mine;
      HELD.add(this);
      return Optional.empty();
    }
  }

  private Optional<LockClaim> tryTake(LockClaim mine, Path directory) throws IOException {
    Path state = StateDirectory.prepare(options.orElseThrow());
    Path real = StateDirectory.makeIn(state, directory.getFileName().toString()).toRealPath();
    Path gateFile = real.resolve("gate");
    // A process that can open it can lock it, even if it can only read.
    StateDirectory.makeSharedFile(gateFile);
    try (FileChannel gate = FileChannel.open(gateFile, StandardOpenOption.WRITE)) {
      if (!passes(gate)) {
        return Optional.of(LockClaim.UNKNOWN);
      }
      Optional<LockClaim> other = living(mine, real);
      if (other.isPresent()) {
        return other;
      }
      // No other run makes one now (the gate is locked), and random names would take longer.
      file = real.resolve(mine.pid() + "-" + Long.toHexString(System.nanoTime()) + SUFFIX);
      StateDirectory.makeSharedFile(file);
      channel = FileChannel.open(file, StandardOpenOption.WRITE);
      mine.write(channel);
      if (channel.tryLock() == null) {
        throw new IOException("another process has locked the new file");
      }
      return Optional.empty();
    }
  }

  /**
   * Waits for a process that checks the locks. That takes milliseconds, unless the process is
   * stopped (SIGSTOP).
   */
  private static boolean passes(FileChannel gate) throws IOException {
    long start = System.nanoTime();
    FileLock lock = gate.tryLock();
    while (lock == null && System.nanoTime() - start < LONGEST_LOOK.toNanos()) {
      pause(LOOK, INTERRUPTED);
      lock = gate.tryLock();
    }
    return lock != null;
  }

  /** Finds a running run with a conflicting claim, and removes the files of dead runs. */
  private static Optional<LockClaim> living(LockClaim mine, Path directory) throws IOException {
    Optional<LockClaim> found = Optional.empty();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(directory, f -> f.getFileName().toString().endsWith(SUFFIX))) {
      for (Path other : files) {
        // Opening and closing a file of our own would make the kernel drop our lock on it.
        boolean isOurs = HELD.stream().anyMatch(held -> other.equals(held.file));
        Optional<LockClaim> claim = isOurs ? Optional.empty() : living(other);
        if (claim.isPresent() && claim.get().meets(mine)) {
          found = claim;
        }
      }
    }
    return found;
  }

  private static Optional<LockClaim> living(Path other) throws IOException {
    try (FileChannel open =
        FileChannel.open(other, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (open.tryLock() != null) {
        Files.deleteIfExists(other);
        return Optional.empty();
      }
      return Optional.of(LockClaim.read(open));
    } catch (OverlappingFileLockException e) {
      // Two class loaders have loaded MTB into this JVM, and the other one holds the lock.
      return Optional.of(LockClaim.UNKNOWN);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Unlocks, if it was taken. */
  @Override
  public void close() {
    synchronized (HELD) {
      HELD.remove(this);
      letGo();
    }
  }

  private void letGo() {
    try {
      // Deleted first, so that no run finds it without a lock and reads an old claim.
      if (file != null) {
        Files.deleteIfExists(file);
      }
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      log.debug("the lock {} cannot be removed; the next run removes it", file, e);
    }
    file = null;
    channel = null;
  }
}
