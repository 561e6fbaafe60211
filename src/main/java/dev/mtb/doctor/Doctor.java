package dev.mtb.doctor;

import dev.mtb.model.ErrorText;
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
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Checks a destination: whether it can be used, what makes it slow, and what to do. Immutable and
 * thread-safe.
 *
 * <p>Changes nothing but for one small object, or file, of a temporary name, which is deleted at
 * once; with {@code readOnly} nothing at all.
 */
public final class Doctor {
  /**
   * The longest that is waited for one check, unless told otherwise: the SDK waits 10 s for a
   * connection, and its message is the better one; and on a machine that has much else to do,
   * loading the SDK alone takes as long.
   */
  public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

  private static final List<Check> CHECKS =
      List.of(
          new MountCheck(),
          new WayCheck(),
          new S3fsCheck(),
          new BucketAccessCheck(),
          new ServerCheck(),
          new ClockCheck(),
          new RoundTripCheck(),
          new FolderCheck(),
          new WriteCheck(),
          new SpaceCheck(),
          new OpenFilesCheck(),
          new StateCheck(),
          new JavaCheck());

  private final BackupOptions options;
  private final boolean readOnly;
  private final Clock clock;
  private final Duration limit;

  /**
   * With the options of the backup that is to be made.
   *
   * @param options threads, and how the destination is reached
   * @param readOnly whether nothing is to be written, not even a probe
   * @param limit the longest that is waited for one check, such as {@link #DEFAULT_LIMIT}
   * @throws InvalidJobException if that is nothing
   */
  public Doctor(BackupOptions options, boolean readOnly, Duration limit) {
    this(options, readOnly, limit, Clock.systemUTC());
  }

  Doctor(BackupOptions options, boolean readOnly, Duration limit, Clock clock) {
    if (limit.isNegative() || limit.isZero()) {
      throw new InvalidJobException("the time limit of the checks must be longer than nothing");
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
   * @param listener told of each finding as it is made
   * @return all of them
   * @throws InterruptedIOException if the thread was interrupted
   */
  public Checkup examine(Path folder, Consumer<Finding> listener) throws InterruptedIOException {
    return examine(Optional.of(folder.toAbsolutePath().normalize()), Optional.empty(), listener);
  }

  /**
   * Checks a bucket.
   *
   * @param location the bucket and prefix
   * @param listener told of each finding as it is made
   * @return all of them
   * @throws InterruptedIOException if the thread was interrupted
   */
  public Checkup examine(S3Location location, Consumer<Finding> listener)
      throws InterruptedIOException {
    return examine(Optional.empty(), Optional.of(location), listener);
  }

  private Checkup examine(
      Optional<Path> folder, Optional<S3Location> location, Consumer<Finding> listener)
      throws InterruptedIOException {
    ExaminedPlace patient = new ExaminedPlace(folder, location, options, readOnly, clock);
    List<Finding> findings = new ArrayList<>();
    List<String> notChecked = new ArrayList<>();
    try {
      for (Check check : CHECKS) {
        String obstacle = check.obstacle(patient);
        if (!obstacle.isEmpty()) {
          notChecked.add(check.what() + " (" + obstacle + ")");
          continue;
        }
        List<Finding> found = look(check, patient);
        findings.addAll(found);
        found.forEach(listener);
      }
    } finally {
      patient.connection.ifPresent(
          bucket -> {
            // This closes connections that still hang; the run does not wait for it.
            Thread closing = new Thread(bucket::close, "mtb-doctor-close");
            closing.setDaemon(true);
            closing.start();
          });
    }
    return new Checkup(findings, notChecked);
  }

  private List<Finding> look(Check check, ExaminedPlace patient) throws InterruptedIOException {
    try {
      return Deadline.within(limit, () -> check.look(patient));
    } catch (TimeoutException e) {
      return List.of(check.givenUp(patient, limit));
    } catch (IOException e) {
      return List.of(
          Finding.of(
              Finding.Status.FAIL,
              check.what(),
              ErrorText.of(e),
              "run mtb doctor again; if it stays so, make a backup with -v"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
