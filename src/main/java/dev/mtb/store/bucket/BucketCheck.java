package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.s3.LifecycleRule;
import dev.mtb.s3.S3Exception;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ProcessIdentity;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * A check of a bucket with the same requests as a backup sends. No request is sent again after a
 * failure, since the check is there to show failures; {@link #conditions} is the exception.
 * Thread-safe.
 */
public final class BucketCheck implements Closeable {
  private static final BackupOptions SINGLY = withRetries(0);

  /** A new connection answers; more retries of a server that fails would take long. */
  private static final BackupOptions ONCE_MORE = withRetries(1);

  /**
   * An answer of the server.
   *
   * @param took from the request to the answer
   * @param serverTime its clock, in whole seconds; empty if it did not tell
   */
  public record Answer(Duration took, Optional<Instant> serverTime) {}

  /**
   * Which conditions of writes the server honours.
   *
   * @param ofFiles those of files that are sent in one request
   * @param ofParts those of larger ones
   */
  public record Conditions(boolean ofFiles, boolean ofParts) {}

  private final BucketPlace place;
  private final ProcessIdentity process;
  private final Requests requests;
  private final String prefix;

  private BucketCheck(BucketPlace place, ProcessIdentity process) throws DestinationException {
    this.place = place;
    this.process = process;
    requests = requests(SINGLY);
    prefix = place.location().prefix();
  }

  /**
   * Connects to a bucket. No request is made yet.
   *
   * @param process the owner of the probe
   * @throws DestinationException if the place is not valid
   */
  public static BucketCheck connect(BucketPlace place, ProcessIdentity process)
      throws DestinationException {
    try {
      return new BucketCheck(place, process);
    } catch (RuntimeException e) {
      // Checks of names, URLs and files of settings.
      throw new DestinationException(
          "the destination " + place.name() + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static BackupOptions withRetries(int count) {
    return BackupOptions.builder().waiting(w -> w.withRetries(count)).build();
  }

  private Requests requests(BackupOptions options) throws DestinationException {
    return new Requests(place, new BucketAccess(options, /* readOnly= */ false, process));
  }

  /** Lists one name. */
  public Answer list() throws IOException {
    long start = System.nanoTime();
    var page = requests.list(prefix, "/", null, null);
    return new Answer(Duration.ofNanos(System.nanoTime() - start), page.date());
  }

  /**
   * Asks whether the bucket keeps old versions.
   *
   * @return {@code Enabled} or {@code Suspended}; empty if versioning was never on, or the server
   *     has none
   */
  public Optional<String> versioning() throws IOException {
    return requests.versioning();
  }

  /**
   * What the server deletes by itself below the prefix.
   *
   * @param hasRules whether there are rules at all
   * @param oldVersionDays after how many days versions that are not current any more are deleted;
   *     empty if they are kept
   * @param unfinishedUploadDays after how many days uploads that were not completed are aborted;
   *     empty if they are kept
   */
  public record Expiry(
      boolean hasRules, OptionalLong oldVersionDays, OptionalLong unfinishedUploadDays) {}

  /** Asks what the server deletes by itself; empty if it knows no such rules. */
  public Optional<Expiry> expiry() throws IOException {
    return requests
        .lifecycle()
        .map(
            rules ->
                new Expiry(
                    !rules.isEmpty(),
                    days(rules, LifecycleRule::oldVersionDays),
                    days(rules, LifecycleRule::unfinishedUploadDays)));
  }

  private OptionalLong days(
      List<LifecycleRule> rules, Function<LifecycleRule, Optional<Long>> days) {
    return rules.stream()
        .filter(rule -> rule.isEnabled() && !rule.isNarrowed() && prefix.startsWith(rule.prefix()))
        .flatMap(rule -> days.apply(rule).stream())
        .mapToLong(Long::longValue)
        .min();
  }

  /**
   * The server's clock, from the answer behind a failure.
   *
   * @param failure of a method of this class
   * @return empty if the server did not answer, or did not tell
   */
  public static Optional<Instant> serverTime(IOException failure) {
    return failure.getCause() instanceof S3Exception refusal ? refusal.date() : Optional.empty();
  }

  /**
   * Stores an object.
   *
   * @param name a single name that nothing else has
   */
  public void write(String name, byte[] content) throws IOException {
    int none = Metadata.UNKNOWN;
    requests.put(
        prefix + name,
        new Metadata(Kind.FILE, content.length, Instant.now(), 0600, none, none, none, none),
        Requests.Upload.of(content));
  }

  /**
   * Reads it again.
   *
   * @param content what should be in it
   */
  public boolean holds(String name, byte[] content) throws IOException {
    try (InputStream in = requests.get(prefix + name, /* isLink= */ false).content()) {
      return Arrays.equals(in.readNBytes(content.length + 1), content);
    }
  }

  /** Deletes it. */
  public void delete(String name) throws IOException {
    requests.delete(prefix + name);
  }

  /**
   * Finds out which conditions the server honours, and remembers it for backups. These requests are
   * sent once more after a failure: a server may close the connection of a write that it has
   * refused, and does not answer the next request on it. The answer would be wrong, or the probe
   * object would stay.
   *
   * @param mayWrite whether probe objects may be written
   * @return empty if that is not remembered, and nothing may be written
   */
  public Optional<Conditions> conditions(Path stateDirectory, boolean mayWrite)
      throws DestinationException {
    try (Requests repeated = requests(ONCE_MORE)) {
      ServerConditions server = new ServerConditions(place, repeated, stateDirectory);
      boolean isKnown =
          Arrays.stream(ServerConditions.Condition.values())
              .allMatch(condition -> server.recall(condition).isPresent());
      return isKnown || mayWrite
          ? Optional.of(
              new Conditions(
                  server.isHonoured(ServerConditions.Condition.OF_NEW)
                      && server.isHonoured(ServerConditions.Condition.OF_CHANGED),
                  server.isHonoured(ServerConditions.Condition.OF_PARTS)))
          : Optional.empty();
    }
  }

  @Override
  public void close() {
    requests.close();
  }
}
