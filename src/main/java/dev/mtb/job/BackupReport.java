package dev.mtb.job;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a run ended.
 *
 * @param outcome in one word
 * @param dryRun whether nothing was to be changed
 * @param startedAt when it began
 * @param elapsed how long it took
 * @param totals counts
 * @param failures everything that is not safe, and the reason if the run was given up; empty if and
 *     only if the outcome is {@link Outcome#OK} or {@link Outcome#INTERRUPTED}
 * @param advice how the destination could be set up so that the next run costs less; a sentence
 *     each
 * @param connections the most requests to a bucket that were under way at a time; empty if MTB sent
 *     none itself
 */
public record BackupReport(
    Outcome outcome,
    boolean dryRun,
    Instant startedAt,
    Duration elapsed,
    Totals totals,
    List<Failure> failures,
    List<String> advice,
    OptionalInt connections) {

  /** How a run ended. */
  public enum Outcome {
    /** Everything that was asked for is safe. */
    OK,
    /** Some files are not safe; they are in the list of failures. */
    PARTIAL,
    /** The destination cannot be used, or was lost during the run. */
    FAILED,
    /** The calling thread was interrupted; what was in flight was finished or undone. */
    INTERRUPTED
  }

  /** Makes the lists immutable. */
  public BackupReport {
    failures = ImmutableList.copyOf(failures);
    advice = ImmutableList.copyOf(advice);
  }

  /**
   * Why the run was given up.
   *
   * @return the text of the failure whose cause is {@link Failure.Cause#GIVEN_UP}; empty if the run
   *     was not given up
   */
  public Optional<String> fatal() {
    return failures.stream()
        .filter(failure -> failure.cause() == Failure.Cause.GIVEN_UP)
        .map(Failure::error)
        .findFirst();
  }

  /**
   * The exit code of a command that ran this, by rsync's numbers where it has one: 0 all is safe,
   * 10 the destination cannot be used, 23 some files are not safe, 24 the same but only because
   * their sources vanished or kept changing, 25 more deletions than allowed (whatever else failed),
   * 130 interrupted.
   *
   * @return the code
   */
  public int exitCode() {
    return switch (outcome) {
      case OK -> 0;
      case FAILED -> 10;
      case INTERRUPTED -> 130;
      case PARTIAL -> partial();
    };
  }

  private int partial() {
    if (failures.stream().anyMatch(f -> f.cause() == Failure.Cause.TOO_MANY_DELETIONS)) {
      return 25;
    }
    return failures.stream().allMatch(f -> f.cause() == Failure.Cause.SOURCE_MOVED) ? 24 : 23;
  }
}
