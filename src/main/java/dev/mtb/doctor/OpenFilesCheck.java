package dev.mtb.doctor;

import com.google.common.primitives.Longs;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.PlaceInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether MTB, and s3fs, may open as many files as the threads need. */
final class OpenFilesCheck implements Check {
  /** A file here and a file or connection there, and one more that is just being looked at. */
  private static final int FOR_EACH_THREAD = 3;

  /** A directory on either side, two descriptors each (Folders). */
  private static final int FOR_EACH_CHECKER = 4;

  /**
   * 100 idle directories on either side, two descriptors each (Folders), and the JVM's own jar,
   * logs and so on.
   */
  private static final int ALWAYS = 500;

  /** For each file that is open: one for its local copy, one for the connection, one to spare. */
  private static final int OF_S3FS = 3;

  private static final Path OWN = Path.of("/proc/self/limits");
  private static final String LIMIT = "Max open files";

  @Override
  public String what() {
    return "open files";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) throws IOException {
    BackupOptions options = patient.options;
    List<Finding> findings = new ArrayList<>();
    int needed =
        ALWAYS
            + FOR_EACH_THREAD * options.concurrency().threads()
            + FOR_EACH_CHECKER * options.concurrency().checkers();
    limit(OWN).ifPresent(limit -> findings.add(judge("MTB", limit, needed, options)));
    boolean isThroughMount = patient.isAlive && patient.isOnS3fs() && !patient.isStraight();
    if (isThroughMount) {
      int forS3fs = ALWAYS / 2 + OF_S3FS * options.concurrency().threads();
      patient
          .whereabouts
          .flatMap(PlaceInfo::s3fsLimits)
          .flatMap(OpenFilesCheck::limit)
          .ifPresent(limit -> findings.add(judge("s3fs", limit, forS3fs, options)));
    }
    return findings;
  }

  private Finding judge(String program, long limit, int needed, BackupOptions options) {
    String text =
        String.format(
            "%s may have %s open, and needs up to %,d with %d threads and %d checkers",
            program,
            limit == Long.MAX_VALUE ? "any number" : String.format("%,d", limit),
            needed,
            options.concurrency().threads(),
            options.concurrency().checkers());
    return limit >= needed
        ? Finding.ok(what(), text)
        : Finding.warn(
            what(),
            text,
            "raise the limit (ulimit -n, LimitNOFILE= in a systemd unit) where it is started, or use"
                + " fewer --threads");
  }

  /** The soft limit, which the JVM raises to the hard one for itself; empty if not on Linux. */
  private static Optional<Long> limit(Path limits) {
    try {
      return parse(Files.readString(limits, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<Long> parse(String limits) {
    return limits
        .lines()
        .filter(line -> line.startsWith(LIMIT))
        .map(line -> line.substring(LIMIT.length()).strip().split(" +", 2)[0])
        .map(word -> word.equals("unlimited") ? Long.valueOf(Long.MAX_VALUE) : Longs.tryParse(word))
        .filter(number -> number != null)
        .findFirst();
  }
}
