package dev.mtb.doctor;

import com.google.common.primitives.Longs;
import dev.mtb.doctor.Finding.Status;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.options.Concurrency;
import dev.mtb.place.PlaceInfo;
import dev.mtb.state.StateDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** Checks of this machine. */
final class MachineChecks {
  /** Open files: the source, the destination's file or connection, and one that is compared. */
  private static final int PER_THREAD = 3;

  /** Open files: a directory on either side, two descriptors each (Folders). */
  private static final int PER_CHECKER = 4;

  /**
   * 100 idle directories on either side, two descriptors each (Folders), and the JVM's own jar,
   * logs and so on.
   */
  private static final int ALWAYS = 500;

  /** In s3fs, for each open file: its local copy, the connection, and a reserve. */
  private static final int PER_FILE_OF_S3FS = 3;

  private static final Path OWN_LIMITS = Path.of("/proc/self/limits");

  private static final String OPEN_FILES = "Max open files";

  /** In bytes: enough for 64 threads and a tree of 10,000 files straight to the bucket. */
  private static final long SMALL_HEAP = 256L << 20;

  /** In bytes: each entry of a list is remembered (PathSet). */
  private static final long PER_ENTRY = 40;

  private MachineChecks() {}

  /** Whether MTB, and s3fs, may open as many files as the threads need. */
  static void openFiles(ExaminedPlace place, Findings found) {
    Concurrency concurrency = place.options.concurrency();
    int threads = place.isStraight ? concurrency.mostThreads() : concurrency.threads();
    int needed = ALWAYS + PER_THREAD * threads + PER_CHECKER * concurrency.checkers();
    openFiles("MTB", OWN_LIMITS, needed, concurrency.withThreads(threads), found);
    if (place.isAlive && place.isOnS3fs() && !place.isStraight) {
      int s3fs = ALWAYS / 2 + PER_FILE_OF_S3FS * concurrency.threads();
      place
          .info
          .flatMap(PlaceInfo::s3fsLimits)
          .ifPresent(limits -> openFiles("s3fs", limits, s3fs, concurrency, found));
    }
  }

  private static void openFiles(
      String program, Path limits, int needed, Concurrency concurrency, Findings found) {
    Optional<Long> limit;
    try {
      limit = parseLimit(Files.readString(limits, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      // Not Linux.
      return;
    }
    limit.ifPresent(
        most ->
            found.okIf(
                most >= needed,
                String.format(
                    "%s may have %s open, and needs up to %,d with %d threads and %d checkers",
                    program,
                    most == Long.MAX_VALUE ? "any number" : String.format("%,d", most),
                    needed,
                    concurrency.threads(),
                    concurrency.checkers()),
                "raise the limit (ulimit -n, LimitNOFILE= in a systemd unit) where it is started,"
                    + " or use fewer --threads"));
  }

  /** Reads the soft limit. (The JVM raises its own to the hard limit.) */
  static Optional<Long> parseLimit(String limits) {
    return limits
        .lines()
        .filter(line -> line.startsWith(OPEN_FILES))
        .map(line -> line.substring(OPEN_FILES.length()).strip().split(" +", 2)[0])
        .map(word -> word.equals("unlimited") ? Long.valueOf(Long.MAX_VALUE) : Longs.tryParse(word))
        .filter(Objects::nonNull)
        .findFirst();
  }

  /** Whether MTB can keep its state from run to run. */
  static void state(ExaminedPlace place, Findings found) {
    Path state = StateDirectory.of(place.options).toAbsolutePath();
    try {
      boolean exists = Files.exists(state);
      tryOut(state, exists && !place.readOnly);
      if (exists && StateDirectory.isOpenToOthers(state)) {
        found.warn(
            state
                + " is open to other users, who see what is backed up there, and with the right to"
                + " write can keep backups from starting",
            "chmod 700 " + state + ", unless users share it on purpose");
      } else {
        found.ok(state + (exists ? " can be written to" : " will be made by the first run"));
      }
    } catch (IOException e) {
      // On a mount a backup refuses to run without it; elsewhere it goes on, with a warning.
      String effect =
          place.isOnS3fs()
              ? "MTB must remember there which directories are mounts"
              : "without it two backups at once are not noticed, and nothing is remembered";
      found.add(
          place.isOnS3fs() ? Status.FAIL : Status.WARN,
          "%s cannot be written to (%s), and %s".formatted(state, ErrorText.of(e), effect),
          "let this user write there, or set MTB_STATE_DIR to a directory that lasts from run to run");
    }
  }

  private static void tryOut(Path state, boolean byWriting) throws IOException {
    Path existing = ExaminedPlace.existing(state);
    if (!Files.isDirectory(existing)) {
      throw new NotDirectoryException(existing.toString());
    }
    if (byWriting) {
      Files.delete(Files.createTempFile(state, "doctor", ".tmp"));
    } else if (!Files.isWritable(existing)) {
      throw new AccessDeniedException(existing.toString());
    }
  }

  /** What the JVM offers a backup. */
  static void java(ExaminedPlace unused, Findings found) {
    Runtime runtime = Runtime.getRuntime();
    long heap = runtime.maxMemory();
    found.okIf(
        heap >= SMALL_HEAP,
        String.format(
            "version %s with %d processors and up to %s of heap: lists of up to %,d million"
                + " entries",
            System.getProperty("java.version"),
            runtime.availableProcessors(),
            Format.size(heap),
            // Half of the heap is for everything else.
            heap / 2 / PER_ENTRY / 1_000_000),
        "give the JVM more: MTB_JAVA_OPTS=-Xmx512m, or java -Xmx512m -jar");
  }
}
