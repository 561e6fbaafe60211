package dev.mtb.store.bucket;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Content;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ForeignNameException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.NameRules;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.Recollection;
import dev.mtb.store.RefusedException;
import dev.mtb.store.S3fsNames;
import dev.mtb.store.StoredFile;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.Throttle;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A prefix of a bucket, in the format of s3fs: a file is an object, a directory an empty object
 * whose key ends in a slash, a link an object that holds its target, and metadata is user metadata.
 *
 * <ul>
 *   <li>A new file is one PUT, with its metadata; so is a directory.
 *   <li>Directories are compared by lists of a thousand keys; see {@link TreeListing}.
 *   <li>A large file is uploaded in parts of s3fs's size, so that its tag can be worked out again.
 * </ul>
 */
public final class BucketDestination implements Destination {
  private static final Logger log = LoggerFactory.getLogger(BucketDestination.class);

  /** From here on s3fs uploads in parts (multipart_threshold). */
  private static final long MULTIPART_FROM = 25L << 20;

  /** More entries than wait in the engine's queue. */
  private static final int MOST_LOOKED = 20_000;

  /** The longest path of Linux (PATH_MAX). */
  private static final int LONGEST_TARGET = 4096;

  /** A directory without an object: only its contents show that it exists, or only the user. */
  private static final Metadata IMPLIED = Metadata.known(Kind.DIRECTORY, 0);

  /** For directories that have no source. */
  private static final int DIRECTORY_MODE = 0755;

  private final BucketPlace place;
  private final String prefix;
  private final BucketKeys keys;
  private final BucketAccess access;
  private final Requests requests;
  private final ObjectWriter writer;
  private final HashBudget hashBudget;
  private final DirectoryListings listings;
  private final KeyLookup lookup;
  private final Optional<Catalog> catalog;
  private final Optional<OldVersions> oldVersions;

  /** The mount's own view of the destination, if there is a mount. */
  private final Optional<Metadata> mounted;

  /** ETags of what was looked at and may be given other metadata soon. */
  private final Cache<String, String> looked =
      CacheBuilder.newBuilder().maximumSize(MOST_LOOKED).build();

  private boolean isNew;
  private boolean rootExists;
  private volatile Optional<Boolean> tagsAreDigests = Optional.empty();
  private volatile CompletableFuture<Void> deletion = CompletableFuture.completedFuture(null);

  private BucketDestination(
      BucketPlace place,
      BucketAccess access,
      Optional<Metadata> mounted,
      Optional<OldVersionsPlace> oldVersions,
      Optional<Catalog> catalog)
      throws DestinationException {
    this.place = place;
    this.access = access;
    this.mounted = mounted;
    this.catalog = catalog;
    prefix = place.location().prefix();
    keys = new BucketKeys(prefix);
    requests =
        new Requests(place, Owner.of(access.process()), access.connections(), access.retries());
    writer = new ObjectWriter(requests, catalog);
    hashBudget = new HashBudget(access.connections());
    listings = new DirectoryListings(prefix, requests, access.readOnly(), hashBudget);
    lookup = new KeyLookup(requests::head, requests::list);
    this.oldVersions = oldVersions.map(old -> new OldVersions(prefix, old, requests, writer));
  }

  /**
   * Connects to a bucket. No request is made yet.
   *
   * @param place which bucket
   * @param access how it is used
   * @param mounted what a mount shows of the destination, if it is on one
   * @param oldVersions where old versions go
   * @param stateDirectory where MTB remembers what it has stored
   * @return to be started; must be closed
   * @throws DestinationException if there are no credentials
   */
  public static BucketDestination connect(
      BucketPlace place,
      BucketAccess access,
      Optional<Metadata> mounted,
      Optional<OldVersionsPlace> oldVersions,
      Path stateDirectory)
      throws DestinationException {
    OldVersions.checkInBucket(place, oldVersions);
    Optional<Catalog> catalog =
        catalog(stateDirectory, place, access.readOnly(), access.process().isRoot());
    try {
      return new BucketDestination(place, access, mounted, oldVersions, catalog);
    } catch (DestinationException | RuntimeException | LinkageError e) {
      catalog.ifPresent(Catalog::close);
      throw e;
    }
  }

  /** For callers that do not name a {@link BucketAccess} yet. */
  public static BucketDestination connect(
      BucketPlace place,
      int connections,
      int retries,
      boolean readOnly,
      ProcessIdentity process,
      Optional<Metadata> mounted,
      Optional<OldVersionsPlace> oldVersions,
      Path stateDirectory)
      throws DestinationException {
    return connect(
        place,
        new BucketAccess(connections, retries, readOnly, process),
        mounted,
        oldVersions,
        stateDirectory);
  }

  private static Optional<Catalog> catalog(
      Path stateDirectory, BucketPlace place, boolean readOnly, boolean keepsOwner) {
    try {
      return Catalog.open(stateDirectory, place, readOnly, keepsOwner);
    } catch (LinkageError e) {
      log.info("without h2-mvstore on the class path there is no catalog, and more to ask for");
      return Optional.empty();
    }
  }

  /**
   * Lists what is there: wrong names, credentials and so on show at once. To be called before
   * anything else but {@link #probe}.
   *
   * @throws DestinationException if the bucket cannot be used
   */
  public void start() throws DestinationException {
    TreeListing.Directory root;
    try {
      root = listings.listRoot();
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw unusable(place, e);
    }
    isNew = !access.readOnly() && root.names.isEmpty();
    rootExists = prefix.isEmpty() || root.exists() || mounted.isPresent() || !access.readOnly();
  }

  /**
   * Makes the destination's own directory, and those above it, if they are missing.
   *
   * @throws DestinationException if they cannot be made
   */
  public void prepare() throws DestinationException {
    if (access.readOnly() || prefix.isEmpty() || !listings.isRootMissing()) {
      return;
    }
    try {
      makeRoot();
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw unusable(place, e);
    }
  }

  private static DestinationException unusable(BucketPlace place, IOException e) {
    return new DestinationException(
        "the destination " + place.name() + " cannot be used: " + e.getMessage(), e);
  }

  private void makeRoot() throws IOException {
    for (int slash = prefix.indexOf('/'); slash >= 0; slash = prefix.indexOf('/', slash + 1)) {
      String key = prefix.substring(0, slash + 1);
      if (key.equals(prefix) || requests.head(key).isEmpty()) {
        writer.makeDirectory(key, DIRECTORY_MODE);
      }
    }
  }

  @Override
  public Features features() {
    return new Features(
        /* listingBringsMetadata= */ true,
        /* contentsMoveDirectoryMtime= */ false,
        // The bucket itself has no locks.
        /* operationsPerDirectory= */ Integer.MAX_VALUE,
        // What came through a mount has milliseconds (MtimeByPath), or whole seconds.
        MtimePrecision.OF_ITS_ZEROS,
        StoredMetadata.EARLIEST,
        /* keepsRootMetadata= */ !prefix.isEmpty(),
        /* keepsPermissions= */ true,
        /* keepsOwner= */ access.process().isRoot(),
        /* listedForOne= */ Requests.PAGE,
        /* listingShows= */ true,
        // The SDK does.
        /* retriesItself= */ true,
        /* missesAfterErrors= */ false,
        NameRules.EXACT);
  }

  @Override
  public String name() {
    return place.name();
  }

  @Override
  public boolean isNew() {
    return isNew;
  }

  @Override
  public List<String> advice() {
    return List.of();
  }

  /**
   * Loads what a first request needs, so that it can be done beside something else. Makes no
   * request.
   */
  public static void warmUp() {
    S3ClientFactory.warmUp();
  }

  // Looking

  /** The key of what is about to be changed. */
  private String checkedKey(Path path) throws IOException {
    listings.forgetRoot();
    return keys.checked(path);
  }

  @Override
  public Path nameOf(Path sourceName) {
    return sourceName.getFileSystem() == FileSystems.getDefault()
        ? sourceName
        : PathBytes.resolve(Path.of(""), PathBytes.of(sourceName));
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    String key = keys.of(path);
    if (key.equals(prefix)) {
      return rootExists ? mounted.or(() -> Optional.of(IMPLIED)) : Optional.empty();
    }
    return lookup
        .find(key, /* isDirectory= */ false)
        .map(found -> found.head().map(this::metadata).orElse(IMPLIED));
  }

  private Metadata metadata(Requests.Head head) {
    if (!head.isTagMd5()) {
      tagsAreDigests = Optional.of(false);
    } else if (tagsAreDigests.isEmpty()) {
      tagsAreDigests = Optional.of(true);
    }
    return head.metadata();
  }

  @Override
  public Optional<Metadata> look(Path path, ListedEntry glance) throws IOException {
    String key = keys.of(path, glance);
    if (key.isEmpty()) {
      return Optional.of(IMPLIED);
    }
    Optional<Requests.Head> head = requests.head(key);
    if (head.isPresent() && glance.tag().isPresent() && !head.get().tag().equals(glance.tag())) {
      throw new IOException("somebody else has written it since it was listed; run again");
    }
    head.map(Requests.Head::rawTag).ifPresent(tag -> looked.put(key, tag));
    return head.map(this::metadata);
  }

  @Override
  public Optional<Boolean> tagsAreDigests() {
    return tagsAreDigests;
  }

  @Override
  public long hashedInsteadOfLook() {
    return hashBudget.bytes();
  }

  @Override
  public Listing list(Path directory) throws IOException {
    return listings.list(keys.ofDirectory(directory));
  }

  /**
   * What is in the destination itself, without taking it from the next list of it.
   *
   * @return as it was when the destination was opened
   * @throws IOException if what a killed run left there cannot be removed
   */
  public Listing peek() throws IOException {
    return listings.peek();
  }

  /**
   * An object by which a mount can be recognised. It is deleted when it is closed.
   *
   * @param size in bytes
   * @param mtime as it was stored
   * @param remove deletes it
   */
  public record Probe(long size, Instant mtime, Closeable remove) implements Closeable {
    @Override
    public void close() throws IOException {
      remove.close();
    }
  }

  /**
   * Writes such an object.
   *
   * @param name a temporary name, for the destination itself
   * @return to be closed
   * @throws IOException if it cannot be written
   */
  public Probe probe(String name) throws IOException {
    String key = prefix + name;
    // No other program has written so many bytes at such a time.
    byte[] content = new byte[1 + (int) (System.nanoTime() & 0xFF)];
    Instant mtime = Instant.ofEpochSecond(1_000_000_000, System.nanoTime() & 0xFFFFFF);
    int none = Metadata.UNKNOWN;
    Metadata metadata =
        new Metadata(Kind.FILE, content.length, mtime, 0600, none, none, none, none);
    requests.put(key, metadata, Requests.Body.of(content));
    return new Probe(content.length, mtime, () -> deleteLater(key));
  }

  /** Deletes an object in the background; {@link #close} waits for that. */
  private void deleteLater(String key) {
    deletion =
        CompletableFuture.runAsync(
            () -> {
              try {
                requests.delete(key);
              } catch (IOException e) {
                log.warn("{} could not be deleted: {}", key, e.getMessage());
              }
            });
  }

  // Reading

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return Channels.newChannel(requests.get(keys.of(file), /* isLink= */ false).content());
  }

  /**
   * Reads a file, although its tag was checked when it was written: the tag tells what the server
   * has received, and not what it gives back.
   */
  @Override
  public StoredFile readBack(Path file) throws IOException {
    Requests.Reading got = requests.get(keys.of(file), /* isLink= */ false);
    return new StoredFile(Channels.newChannel(got.content()), Optional.of(got.metadata()));
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    catalog.ifPresent(c -> c.forget(keys.of(path)));
    setMetadata(path, dated, EnumSet.of(Attribute.MTIME));
  }

  @Override
  public Path readLink(Path link) throws IOException {
    try (InputStream in = requests.get(keys.of(link), /* isLink= */ true).content()) {
      return PathBytes.resolve(Path.of(""), in.readNBytes(LONGEST_TARGET));
    }
  }

  // Writing

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    return new PutStream(writer, target(file, existing), source);
  }

  @Override
  public Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) throws IOException {
    String key = target(file, existing);
    return Optional.of(
        source.size() < MULTIPART_FROM
            ? new PutFile(writer, key, content, source.size())
            : new PutParts(writer, key, source, content));
  }

  /** The key to write to. What is there is kept first if old versions are. */
  private String target(Path file, Optional<Metadata> existing) throws IOException {
    String key = checkedKey(file);
    if (existing.isPresent() && existing.get().kind() == Kind.DIRECTORY) {
      // S3 itself would take both.
      throw new RefusedException("a directory stands in its place");
    }
    keepOld(key, existing);
    return key;
  }

  private void keepOld(String key, Optional<Metadata> existing) throws IOException {
    if (oldVersions.isPresent() && existing.isPresent()) {
      oldVersions.get().keep(key, existing.map(Metadata::size));
    }
  }

  @Override
  public Recollection recall(Path path, ListedEntry glance, Metadata source) {
    return catalog
        .map(c -> c.recall(keys.of(path, glance), glance, source))
        .orElse(Recollection.NONE);
  }

  @Override
  public void confirm(Path path, ListedEntry glance, Metadata source) {
    if (!access.readOnly()) {
      catalog.ifPresent(c -> c.remember(keys.of(path, glance), glance, source, Duration.ZERO));
    }
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    byte[] bytes = PathBytes.of(target);
    S3fsNames.checkTarget(bytes);
    String key = target(link, existing);
    writer.put(key, source, Requests.Body.of(bytes));
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    String key = checkedKey(directory);
    if (existing.isPresent() && existing.get().kind() != Kind.DIRECTORY) {
      keepOld(key, existing);
      requests.delete(key);
    }
    writer.putDirectory(key + "/", source);
    return EnumSet.noneOf(Attribute.class);
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    if (source.kind() == Kind.DIRECTORY) {
      writer.putDirectory(keys.ofDirectory(path), source);
      return;
    }
    String key = keys.of(path);
    // Only the version that was compared gets this metadata.
    Optional<String> ifMatch = Optional.ofNullable(looked.asMap().remove(key));
    writer.remember(key, source, requests.copies().replaceMetadata(key, source, ifMatch));
  }

  // Deleting

  @Override
  public int deletedAtOnce() {
    return requests.deletedAtOnce();
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> doomed) throws IOException {
    Map<Path, IOException> failures = new HashMap<>();
    Map<String, Path> paths = new LinkedHashMap<>();
    for (Map.Entry<Path, Kind> one : doomed.entrySet()) {
      try {
        paths.put(doomedKey(one.getKey(), one.getValue()), one.getKey());
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        failures.put(one.getKey(), e);
      }
    }
    if (!paths.isEmpty()) {
      for (Map.Entry<String, IOException> failed : requests.delete(paths.keySet()).entrySet()) {
        if (failed.getValue() instanceof DestinationException e) {
          throw e;
        }
        failures.put(paths.get(failed.getKey()), failed.getValue());
      }
    }
    return failures;
  }

  /** The key to delete. The object is kept first if old versions are. */
  private String doomedKey(Path path, Kind kind) throws IOException {
    String key;
    try {
      key = checkedKey(path);
    } catch (RefusedException e) {
      throw new ForeignNameException(e.getMessage());
    }
    if (!BucketKeys.isPlain(key)) {
      throw new ForeignNameException(
          "a program that takes the dots in its name for a path would delete another object");
    }
    if (kind == Kind.DIRECTORY) {
      return key + "/";
    }
    if (oldVersions.isPresent() && !TemporaryNames.isTemporary(path.getFileName())) {
      oldVersions.get().keep(key, Optional.empty());
    }
    return key;
  }

  // Moving

  @Override
  public void rename(Path from, Path to) throws IOException {
    String key = checkedKey(to);
    String temporary = checkedKey(from);
    if (!requests.copies().copy(temporary, key, Optional.empty())) {
      throw new NoSuchFileException(temporary);
    }
    catalog.ifPresent(c -> c.forget(temporary));
    requests.delete(temporary);
  }

  @Override
  public void putAside(Path directory) throws IOException {
    String key = checkedKey(directory);
    oldVersions.orElseThrow().moveDirectory(key);
  }

  /** Each request counts as an operation, and its body as content. */
  @Override
  public Destination limitedBy(Throttle throttle) {
    requests.limit(throttle);
    return this;
  }

  @Override
  public void check() {
    // Each request tells by itself what is wrong.
  }

  @Override
  public void close() {
    try {
      deletion.exceptionally(e -> null).join();
      requests.close();
    } finally {
      catalog.ifPresent(Catalog::close);
    }
  }
}
