package dev.mtb.doctor;

import com.google.common.collect.ImmutableMap;
import dev.mtb.doctor.Finding.Status;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.commons.io.function.IOBiConsumer;

/**
 * Checks a destination: whether it can be used, what makes it slow, and what to do. Immutable and
 * thread-safe.
 *
 * <p>Writes only one small object, or file, with a temporary name, and deletes it at once; with
 * {@code readOnly} it writes nothing.
 */
public final class Doctor {
  /**
   * How long to wait for one check by default. The S3 client gives up connecting after 10 s, and
   * its message is better than that of the time limit; a busy machine needs the same time to load
   * its classes.
   */
  public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

  /**
   * The checks by name, in the order of the run: a check uses the results of earlier checks. A
   * check may hang. An exception that it throws is reported as a finding.
   */
  private static final ImmutableMap<String, IOBiConsumer<ExaminedPlace, Findings>> CHECKS =
      ImmutableMap.<String, IOBiConsumer<ExaminedPlace, Findings>>builder()
          .put("mount", MountChecks::mount)
          .put("way", MountChecks::way)
          .put("s3fs", MountChecks::s3fs)
          .put("bucket", ServerChecks::bucket)
          .put("versioning", VersionChecks::versioning)
          .put("lifecycle", VersionChecks::lifecycle)
          .put("server", ServerChecks::server)
          .put("clock", ServerChecks::clock)
          .put("round trip", ServerChecks::roundTrip)
          .put("folder", FolderChecks::folder)
          .put("write", FolderChecks::write)
          .put("conflicts", ServerChecks::conflicts)
          .put("space", FolderChecks::space)
          .put("open files", MachineChecks::openFiles)
          .put("state", MachineChecks::state)
          .put("java", MachineChecks::java)
          .buildOrThrow();

  private final BackupOptions options;
  private final boolean readOnly;
  private final Clock clock;
  private final Duration limit;

  /**
   * Takes the options of the backup that is to be made.
   *
   * @param options threads, and how the destination is reached
   * @param readOnly whether to write nothing, not even a probe
   * @param limit how long to wait for one check, such as {@link #DEFAULT_LIMIT}
   * @throws InvalidJobException if the limit is not positive
   */
  public Doctor(BackupOptions options, boolean readOnly, Duration limit) {
    this(options, readOnly, limit, Clock.systemUTC());
  }

  Doctor(BackupOptions options, boolean readOnly, Duration limit, Clock clock) {
    if (limit.isNegative() || limit.isZero()) {
      throw new InvalidJobException("the time limit of the checks must be longer than zero");
    }
    this.options = options;
    this.readOnly = readOnly;
    this.clock = clock;
    this.limit = limit;
  }

  /**
   * Checks a folder.
   *
   * @param folder on a mount, or not
   * @param listener gets each finding as it is made
   * @return all findings
   * @throws InterruptedIOException if the thread was interrupted
   */
  public Checkup examine(Path folder, Consumer<Finding> listener) throws InterruptedIOException {
    return examine(Optional.of(folder.toAbsolutePath().normalize()), Optional.empty(), listener);
  }

  /**
   * Checks a bucket.
   *
   * @param location the bucket and prefix
   * @param listener gets each finding as it is made
   * @return all findings
   * @throws InterruptedIOException if the thread was interrupted
   */
  public Checkup examine(S3Location location, Consumer<Finding> listener)
      throws InterruptedIOException {
    return examine(Optional.empty(), Optional.of(location), listener);
  }

  private Checkup examine(
      Optional<Path> folder, Optional<S3Location> location, Consumer<Finding> listener)
      throws InterruptedIOException {
    ExaminedPlace place = new ExaminedPlace(folder, location, options, readOnly, clock);
    List<Finding> findings = new ArrayList<>();
    List<String> notChecked = new ArrayList<>();
    try {
      for (var check : CHECKS.entrySet()) {
        Findings found = new Findings(check.getKey(), Format.duration(limit));
        run(check.getValue(), place, found)
            .forEach(
                finding -> {
                  findings.add(finding);
                  listener.accept(finding);
                });
        found.obstacle.ifPresent(why -> notChecked.add(check.getKey() + " (" + why + ")"));
      }
    } finally {
      // Another thread closes the connections, since they may still hang.
      place.connection.ifPresent(bucket -> start("mtb-doctor-close", bucket::close));
    }
    return new Checkup(findings, notChecked);
  }

  private List<Finding> run(
      IOBiConsumer<ExaminedPlace, Findings> check, ExaminedPlace place, Findings found)
      throws InterruptedIOException {
    try {
      return within(
          limit,
          () -> {
            try {
              check.accept(place, found);
            } catch (IOException e) {
              found.addMessage(
                  Status.FAIL,
                  ErrorText.of(e),
                  "run mtb doctor again; if the error stays, make a backup with -v");
            }
            return found.list;
          });
    } catch (TimeoutException e) {
      return List.of(found.ifSlow);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /**
   * Runs a task on its own thread. If the task takes too long, the thread is abandoned, since a
   * system call on a dead mount cannot be interrupted.
   */
  static <T> T within(Duration limit, Callable<T> task)
      throws TimeoutException, InterruptedException {
    FutureTask<T> future = new FutureTask<>(task);
    Thread thread = start("mtb-doctor", future);
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      thread.interrupt();
    }
  }

  private static Thread start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
