package dev.mtb.engine;

import com.google.common.base.Ticker;
import com.google.common.collect.Comparators;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Limits;
import dev.mtb.store.Retry;
import dev.mtb.store.Tree;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * The context of a run: its job, and what all parts of the run share.
 *
 * @param origin what is copied
 * @param tally counts what happens
 * @param stop tells whether the run goes on
 * @param allowance how many bytes the run may transfer
 * @param pause waits, but not longer than until the run is stopped
 */
record RunContext(
    BackupJob job,
    Origin origin,
    Purpose purpose,
    Tally tally,
    Stop stop,
    Allowance allowance,
    Retry.Pause pause) {

  /** The longest time that a run can have; more would overflow. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** A context for a run that begins now. */
  static RunContext of(BackupJob job, Origin origin, Purpose purpose, BackupListener listener) {
    Limits limits = purpose == Purpose.VERIFY ? Limits.NONE : job.options().limits();
    OptionalLong deadline =
        limits
            .maxDuration()
            .map(max -> OptionalLong.of(System.nanoTime() + nanos(max)))
            .orElse(OptionalLong.empty());
    Stop stop = new Stop(Ticker.systemTicker(), deadline);
    return new RunContext(
        job,
        origin,
        purpose,
        new Tally(listener),
        stop,
        new Allowance(limits.maxTransfer()),
        stop::pause);
  }

  private static long nanos(Duration duration) {
    return Comparators.min(duration, LONGEST).toNanos();
  }

  /** The same with another pause, for tests that need not wait. */
  RunContext withPause(Retry.Pause other) {
    return new RunContext(job, origin, purpose, tally, stop, allowance, other);
  }

  Tree tree() {
    return origin.tree();
  }

  Policy policy() {
    return origin.policy();
  }

  BackupOptions options() {
    return job.options();
  }

  /** Whether it matters what only the destination has. */
  boolean seesExtraneous() {
    return purpose == Purpose.VERIFY || options().deletion().isWanted();
  }

  /** The path of the destination itself, relative to the destination. */
  Path destinationPath() {
    return job.base().getFileSystem().getPath("");
  }

  /** Reports a failure of the run as a whole. */
  void failed(Failure.Stage stage, String error) {
    tally.failed(new Failure(destinationPath(), stage, error, Failure.Cause.ERROR));
  }
}
