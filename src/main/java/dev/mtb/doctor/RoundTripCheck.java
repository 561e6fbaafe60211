package dev.mtb.doctor;

import dev.mtb.model.Format;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How far away the server is, and what that means for a backup. */
final class RoundTripCheck implements Check {
  /** Odd, so that there is a median; few enough for a server that takes a second. */
  private static final int REQUESTS = 7;

  /** A slow server needs fewer requests to show that it is slow. */
  private static final Duration ENOUGH = Duration.ofSeconds(5);

  /** What the figures are for; large enough that the start of a run does not matter. */
  private static final int FILES = 10_000;

  /**
   * Round trips for a new small file through a mount, one after another: 200 files took 17.7 s at
   * 50 ms (results.md).
   */
  private static final double MOUNT_ROUND_TRIPS = 1.8;

  /** Files a second that two processors upload, however near the bucket (results.md). */
  private static final double MOST_PER_SECOND = 800;

  /**
   * From here on through a mount {@link #FILES} new files take half an hour, and straight to the
   * bucket the default of threads leaves the network idle.
   */
  private static final Duration FAR = Duration.ofMillis(100);

  /** Enough to keep {@link #MOST_PER_SECOND} going at a round trip of a second. */
  private static final int MOST_THREADS = 256;

  @Override
  public String what() {
    return "round trip";
  }

  @Override
  public String obstacle(ExaminedPlace patient) {
    boolean hasServer = patient.isOnS3fs() || patient.location.isPresent();
    return hasServer && patient.asking.isEmpty() ? "no server has answered" : "";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) throws IOException {
    if (patient.asking.isEmpty()) {
      return List.of();
    }
    List<Duration> times = new ArrayList<>();
    long start = System.nanoTime();
    // A slow server must not make this check fail that was to tell that it is slow.
    while (times.size() < REQUESTS
        && (times.isEmpty() || System.nanoTime() - start < ENOUGH.toNanos())) {
      times.add(patient.asking.get().ask().took());
    }
    return List.of(judge(times, patient.options.concurrency().threads(), patient.isStraight()));
  }

  /**
   * Judges it.
   *
   * @param times of some requests; put into order
   * @param threads that copy
   * @param isStraight whether past the mount
   */
  Finding judge(List<Duration> times, int threads, boolean isStraight) {
    Collections.sort(times);
    Duration median = times.get(times.size() / 2);
    double seconds = median.toNanos() / 1e9;
    double each =
        isStraight ? Math.max(seconds / threads, 1 / MOST_PER_SECOND) : seconds * MOUNT_ROUND_TRIPS;
    String text =
        String.format(
            "%s (median of %d, %s to %s): %,d new small files take about %s %s",
            Format.duration(median),
            times.size(),
            Format.duration(times.get(0)),
            Format.duration(times.get(times.size() - 1)),
            FILES,
            // An estimate: a part of a second means nothing.
            Format.duration(Duration.ofSeconds(Math.max(1, Math.round(each * FILES)))),
            isStraight
                ? "with " + threads + " threads"
                : "through the mount, whatever the threads");
    if (median.compareTo(FAR) < 0) {
      return Finding.ok(what(), text);
    }
    if (!isStraight) {
      return Finding.warn(
          what(),
          text,
          "let MTB go straight to the bucket, which takes as many files at a time as it is given;"
              + " or run it nearer to the bucket");
    }
    int wanted = Math.min(MOST_THREADS, roundUp(seconds * MOST_PER_SECOND));
    return threads >= wanted
        ? Finding.ok(what(), text)
        : Finding.warn(
            what(), text, "more requests at a time make up for the distance: --threads " + wanted);
  }

  /** To the next power of two, as people choose the number of threads. */
  private static int roundUp(double threads) {
    int rounded = 1;
    while (rounded < threads && rounded < MOST_THREADS) {
      rounded *= 2;
    }
    return rounded;
  }
}
