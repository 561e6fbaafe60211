package dev.mtb.store;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.KeptAttributes;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The store of a run. It wraps another store: it keeps the run's limits, passes on only the
 * attributes that are to be kept, and retries operations after transient errors. It asks again
 * before it reports a name as missing that the wrapped store may only have failed to show.
 * Thread-safe like the wrapped store, which is closed with it.
 *
 * <p>It does not retry the writing of files and links: only the copier has the source and can write
 * again ({@link Retry#run}). A final failure is a {@link FailedException}, whose message is for the
 * user.
 */
public final class RunStore implements Store {
  private final Store real;
  private final Retry retry;

  /** Empty if there are no limits, or if the wrapped store limits its own requests. */
  private final Optional<Throttle> throttle;

  private final KeptAttributes kept;
  private final ImmutableSet<Attribute> wanted;

  /**
   * A store without limits that keeps all attributes.
   *
   * @param real closed with this
   * @param retry the policy of the run
   */
  public RunStore(Store real, Retry retry) {
    this(real, retry, Optional.empty(), KeptAttributes.ALL);
  }

  /**
   * The store of a run.
   *
   * @param real closed with this
   * @param retry the policy of the run
   * @param limit for operations and content; a pause before another attempt does not count
   * @param kept what is set of the attributes that sources have
   */
  public RunStore(Store real, Retry retry, Optional<Throttle> limit, KeptAttributes kept) {
    this.real = real;
    this.retry = retry;
    this.throttle = limit.filter(t -> !real.limit(t));
    this.kept = kept;
    ImmutableSet.Builder<Attribute> attributes = ImmutableSet.builder();
    if (kept.times()) {
      attributes.add(Attribute.MTIME);
    }
    if (kept.permissions()) {
      attributes.add(Attribute.MODE);
    }
    if (kept.owner() || kept.group()) {
      attributes.add(Attribute.OWNER);
    }
    wanted = attributes.build();
  }

  /** An operation on the wrapped store. */
  private interface Operation<T> {
    T run(int attempt) throws IOException;
  }

  private <T> T look(String what, Path path, Operation<T> operation) throws IOException {
    return retry.run(Retry.Kind.LOOK, what, path, attempt -> limited(operation, attempt));
  }

  private <T> T change(String what, Path path, Operation<T> operation) throws IOException {
    return retry.run(Retry.Kind.CHANGE, what, path, attempt -> limited(operation, attempt));
  }

  /** A change without a result. */
  private interface Change {
    void run() throws IOException;
  }

  private void change(String what, Path path, Change change) throws IOException {
    Object unused =
        change(
            what,
            path,
            attempt -> {
              change.run();
              return what;
            });
  }

  private <T> T limited(Operation<T> operation, int attempt) throws IOException {
    waitForTurn();
    return operation.run(attempt);
  }

  private void waitForTurn() {
    throttle.ifPresent(Throttle::operation);
  }

  // Without an operation on the wrapped store

  @Override
  public Optional<RequestLimit> requestLimit() {
    return real.requestLimit();
  }

  @Override
  public Features features() {
    return real.features();
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public boolean isNew() {
    return real.isNew();
  }

  @Override
  public List<String> advice() {
    return real.advice();
  }

  @Override
  public Path nameOf(Path sourceName) {
    return real.nameOf(sourceName);
  }

  @Override
  public int deletedAtOnce() {
    return real.deletedAtOnce();
  }

  @Override
  public long hashedInsteadOfLook() {
    return real.hashedInsteadOfLook();
  }

  @Override
  public Optional<Boolean> tagsAreDigests() {
    return real.tagsAreDigests();
  }

  @Override
  public Recollection recall(Path path, ListedEntry entry, Metadata source) {
    return real.recall(path, entry, kept.of(source));
  }

  @Override
  public void confirm(Path path, ListedEntry entry, Metadata source) {
    real.confirm(path, entry, kept.of(source));
  }

  // Looking

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    return look(
        "looking at",
        path,
        attempt -> {
          Optional<Metadata> found = real.stat(path);
          if (found.isEmpty() && isDoubtful(path)) {
            throw new NoSuchFileException(path.toString());
          }
          return found;
        });
  }

  /**
   * Whether something exists although the store has not found it. Asked only after a failure, so
   * that a run without failures pays nothing.
   */
  private boolean isDoubtful(Path path) throws IOException {
    Path name = path.getFileName();
    boolean mayBeWrong = features().missesAfterErrors() && retry.hadTrouble();
    if (!mayBeWrong || name == null || name.toString().isEmpty()) {
      return false;
    }
    Path parent = path.getParent();
    Listing listing = real.list(parent == null ? path.getFileSystem().getPath("") : parent);
    return listing.names().isPresent() && listing.mayHold(real.nameOf(name));
  }

  @Override
  public Metadata statListed(Path path) throws IOException {
    return look("looking at", path, attempt -> real.statListed(path));
  }

  @Override
  public Optional<Metadata> look(Path path, ListedEntry entry) throws IOException {
    return look("looking at", path, attempt -> real.look(path, entry));
  }

  @Override
  public Listing list(Path directory) throws IOException {
    return look("listing", directory, attempt -> real.list(directory));
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    return look("listing", directory, attempt -> real.listNames(directory));
  }

  @Override
  public void deleteStale(Path directory, Listing listing) throws IOException {
    change("tidying up", directory, () -> real.deleteStale(directory, listing));
  }

  /** Opens a file, with retries. The reader itself retries a failure to read. */
  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return look("reading", file, attempt -> real.read(file));
  }

  /** Opens a file, as {@link #read} does. */
  @Override
  public StoredFile readBack(Path file) throws IOException {
    return look("reading back", file, attempt -> real.readBack(file));
  }

  @Override
  public Path readLink(Path link) throws IOException {
    return look("reading", link, attempt -> real.readLink(link));
  }

  // Writing

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    waitForTurn();
    return new RunWrite(real.write(file, kept.of(source), existing), throttle, kept);
  }

  /** Not with a throttle: a store that reads the source itself cannot be slowed down here. */
  @Override
  public Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) throws IOException {
    return throttle.isPresent()
        ? Optional.empty()
        : real.upload(file, kept.of(source), existing, content)
            .map(write -> new RunWrite(write, throttle, kept));
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    waitForTurn();
    real.writeLink(link, target, kept.of(source), existing);
  }

  /** Looks before a retry: the failed attempt may have changed what is there. */
  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    Set<Attribute> remaining =
        change(
            "making",
            directory,
            attempt -> {
              Optional<Metadata> now = attempt == 1 ? existing : stat(directory);
              return attempt > 1 && isDirectory(now)
                  ? ImmutableSet.copyOf(Attribute.values())
                  : createOnce(directory, source, now);
            });
    return Sets.intersection(remaining, wanted).immutableCopy();
  }

  /** A directory that another shard or program made is looked at without a pause. */
  private Set<Attribute> createOnce(Path directory, Metadata source, Optional<Metadata> existing)
      throws IOException {
    try {
      return real.createDirectory(directory, kept.of(source), existing);
    } catch (FileAlreadyExistsException e) {
      if (isDirectory(stat(directory))) {
        throw new FailedException("another program or shard has made it", e);
      }
      throw e;
    }
  }

  private static boolean isDirectory(Optional<Metadata> found) {
    return found.isPresent() && found.get().kind() == Kind.DIRECTORY;
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    if (features().retriesItself()) {
      return limited(attempt -> real.delete(toDelete), 1);
    }
    Map<Path, IOException> failures = new LinkedHashMap<>();
    for (Map.Entry<Path, Kind> one : toDelete.entrySet()) {
      try {
        delete(one.getKey(), one.getValue());
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        failures.put(one.getKey(), e);
      }
    }
    return failures;
  }

  private void delete(Path path, Kind kind) throws IOException {
    change(
        "deleting",
        path,
        () -> {
          for (IOException failure : real.delete(ImmutableMap.of(path, kind)).values()) {
            throw failure;
          }
        });
  }

  /** Looks before a retry: the failed attempt may have renamed the file. */
  @Override
  public void rename(Path from, Path to) throws IOException {
    change(
        "renaming",
        to,
        attempt -> {
          if (attempt == 1 || real.stat(from).isPresent()) {
            real.rename(from, to);
          }
          return null;
        });
  }

  /** Looks before a retry: the failed attempt may have moved the directory, or a part. */
  @Override
  public void moveToOldVersions(Path directory) throws IOException {
    change(
        "moving",
        directory,
        attempt -> {
          if (attempt == 1 || real.stat(directory).isPresent()) {
            real.moveToOldVersions(directory);
          }
          return null;
        });
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    Set<Attribute> set = Sets.intersection(attributes, wanted).immutableCopy();
    if (set.isEmpty()) {
      return;
    }
    change("setting metadata of", path, () -> real.setMetadata(path, kept.of(source), set));
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    change("marking", path, () -> real.distrust(path, dated));
  }

  // The whole place

  @Override
  public Diagnosis diagnose(IOException failure) throws DestinationException {
    return real.diagnose(failure);
  }

  @Override
  public void sync() throws IOException {
    real.sync();
  }

  @Override
  public void check() throws DestinationException {
    real.check();
  }

  @Override
  public void close() throws IOException {
    real.close();
  }
}
