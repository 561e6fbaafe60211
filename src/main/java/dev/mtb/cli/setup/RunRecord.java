package dev.mtb.cli.setup;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What is remembered of the runs of one backup.
 *
 * @param destination of the last run; empty if it was not known
 * @param optionsFile that the run was started with; empty for one that was typed
 * @param began when the last run began
 * @param process that ran it, {@code pid start-time}
 * @param ended when the last run ended; empty if it has not
 * @param exitCode of the last run; empty if it has not ended
 * @param summary of the last run in words; empty if it has not ended
 * @param failures of the last run, the first of them
 * @param lastSuccess when the last run ended that was a success
 * @param earlier runs before it, the newest first
 */
public record RunRecord(
    String destination,
    String optionsFile,
    Instant began,
    String process,
    Optional<Instant> ended,
    OptionalInt exitCode,
    String summary,
    ImmutableList<String> failures,
    Optional<Instant> lastSuccess,
    ImmutableList<Earlier> earlier) {
  /** A week of nights, together with the last one. */
  private static final int MOST_EARLIER = 6;

  /** Some files vanished or kept changing: usual on a machine that is in use. */
  private static final int EXIT_CHANGED = 24;

  /**
   * A run before the last one.
   *
   * @param exitCode empty if it did not end
   */
  public record Earlier(Instant began, OptionalInt exitCode, String summary) {}

  /** Whether a run with this exit code is nothing that a user must be told of. */
  public static boolean isSuccess(int exitCode) {
    return exitCode == 0 || exitCode == EXIT_CHANGED;
  }

  /** What became of the last run. */
  public enum State {
    SUCCEEDED,
    FAILED,
    RUNNING,
    /** It was killed, or the machine went down. */
    NOT_ENDED
  }

  public State state() {
    if (exitCode.isPresent()) {
      return isSuccess(exitCode.getAsInt()) ? State.SUCCEEDED : State.FAILED;
    }
    return process.equals(processOf(ProcessHandle.of(pid()))) ? State.RUNNING : State.NOT_ENDED;
  }

  /** Whether another process runs it now. */
  boolean isRunningElsewhere() {
    return state() == State.RUNNING && !process.equals(thisProcess());
  }

  private long pid() {
    String pid = process.replaceFirst(" .*", "");
    return pid.matches("[0-9]{1,18}") ? Long.parseLong(pid) : 0;
  }

  private static String thisProcess() {
    return processOf(Optional.of(ProcessHandle.current()));
  }

  private static String processOf(Optional<ProcessHandle> process) {
    return process
        .map(p -> p.pid() + " " + p.info().startInstant().map(Instant::toString).orElse(""))
        .orElse("none");
  }

  /** The run as it has begun, with what was known before. */
  static RunRecord begun(
      String destination, String optionsFile, Instant now, Optional<RunRecord> older) {
    return new RunRecord(
        destination.isEmpty() ? older.map(RunRecord::destination).orElse("") : destination,
        optionsFile,
        now,
        thisProcess(),
        Optional.empty(),
        OptionalInt.empty(),
        "",
        ImmutableList.of(),
        older.flatMap(RunRecord::lastSuccess),
        older.map(RunRecord::runs).orElse(ImmutableList.of()));
  }

  /** This run and the earlier ones. */
  private ImmutableList<Earlier> runs() {
    return before(earlier);
  }

  /** This run and others, in which it may be one that has not ended. */
  private ImmutableList<Earlier> before(ImmutableList<Earlier> others) {
    Earlier asBegun = new Earlier(began, OptionalInt.empty(), "");
    return Stream.concat(
            Stream.of(new Earlier(began, exitCode, summary)),
            others.stream().filter(run -> !run.equals(asBegun)))
        .limit(MOST_EARLIER)
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * The record when this run has ended.
   *
   * @param current the record that was there before: of this run, or of another one
   */
  RunRecord after(RunRecord current) {
    if (current.began.equals(began) && current.process.equals(process)) {
      return with(current.lastSuccess, current.earlier);
    }
    return current.isRunningElsewhere()
        ? current.with(lastSuccess, before(current.earlier))
        : with(current.lastSuccess, current.runs());
  }

  private RunRecord with(Optional<Instant> otherSuccess, ImmutableList<Earlier> runs) {
    return new RunRecord(
        destination,
        optionsFile,
        began,
        process,
        ended,
        exitCode,
        summary,
        failures,
        Stream.concat(lastSuccess.stream(), otherSuccess.stream()).max(Instant::compareTo),
        runs);
  }

  /** The same run when it has ended. */
  RunRecord ended(Instant now, int code, String words, ImmutableList<String> firstFailures) {
    return new RunRecord(
        destination,
        optionsFile,
        began,
        process,
        Optional.of(now),
        OptionalInt.of(code),
        words,
        firstFailures,
        isSuccess(code) ? Optional.of(now) : lastSuccess,
        earlier);
  }
}
