package dev.mtb.store.bucket;

import com.google.common.base.Splitter;
import com.google.common.base.Stopwatch;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.collect.Iterables;
import com.google.common.collect.Lists;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

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

  /** S3 copies no larger object in one request. */
  private static final long MOST_COPIED = 5L << 30;

  /** More than wait in the engine's queue. */
  private static final int MOST_LOOKED = 20_000;

  /** S3 takes no longer key, in bytes. */
  private static final int LONGEST_KEY = 1024;

  /**
   * What one processor hashes in a second while others wait for the network, with the file's
   * opening: measured 300 to 600 MB/s.
   */
  private static final long HASHED_PER_SECOND = 400_000_000;

  /** Opening a file costs as much as reading this much of it. */
  private static final long LEAST_HASHED = 64 << 10;

  /** A file this large is cheaper to ask for from whatever distance. */
  private static final long MOST_HASHED = 4 << 20;

  /** Linux takes no longer path (PATH_MAX). */
  private static final int LONGEST_TARGET = 4096;

  /** Only what is in it shows that it is there, or only the user's word. */
  private static final Metadata IMPLIED = Metadata.known(Kind.DIRECTORY, 0);

  /** Old versions are for the owner, whoever could read the directories that they were in. */
  private static final int OLD_VERSIONS_MODE = 0700;

  /** For what a listed entry's parents are given before anything better is known. */
  private static final int DIRECTORY_MODE = 0755;

  private final BucketPlace place;
  private final String prefix;
  private final Requests requests;
  private final boolean readOnly;
  private final ProcessIdentity process;
  private final int connections;
  private final S3fsNames names = new S3fsNames(false, true);
  private final TreeListing tree;
  private boolean isNew;

  private volatile long hashedInsteadOfLook = LEAST_HASHED;
  private volatile Optional<Boolean> tagsAreDigests = Optional.empty();

  /** ETags of what was looked at and may be given other metadata soon. */
  private final Cache<String, String> looked =
      CacheBuilder.newBuilder().maximumSize(MOST_LOOKED).build();

  /** The first list of the root, which was made to see whether the bucket is there. */
  private volatile Optional<TreeListing.Directory> root = Optional.empty();

  private boolean rootExists;

  /** Keys and upload ids of what a killed run left; listed when the first large file is met. */
  private Map<String, List<String>> unfinished;

  /** The mount's own view of the destination, if there is a mount. */
  private final Optional<Metadata> mounted;

  private final Optional<Catalog> catalog;

  private final Optional<OldVersionsPlace> oldVersions;

  /** Keys of directories that are there, by now, where old versions go. */
  private final Set<String> madeForOldVersions = ConcurrentHashMap.newKeySet();

  private volatile CompletableFuture<Void> tidying = CompletableFuture.completedFuture(null);

  private BucketDestination(
      BucketPlace place,
      int connections,
      int retries,
      boolean readOnly,
      ProcessIdentity process,
      Optional<Metadata> mounted,
      Optional<OldVersionsPlace> oldVersions,
      Optional<Catalog> catalog)
      throws DestinationException {
    this.mounted = mounted;
    this.oldVersions = oldVersions;
    this.catalog = catalog;
    this.place = place;
    this.readOnly = readOnly;
    this.process = process;
    this.connections = connections;
    prefix = place.location().prefix();
    requests =
        new Requests(
            place,
            new Requests.Owner(
                Math.max(0, process.uid()), Math.max(0, process.gid()), process.isRoot()),
            connections,
            retries);
    tree = new TreeListing(requests::list);
  }

  /**
   * Connects to a bucket. No request is made yet.
   *
   * @param place which
   * @param connections how many requests at most at a time
   * @param retries how often a request is made again that failed for a reason that may pass
   * @param readOnly whether nothing may be changed
   * @param process who new objects belong to, unless it is root
   * @param mounted what a mount shows of the destination, if it is on one
   * @param oldVersions where old versions go
   * @param stateDirectory where MTB remembers what it has stored
   * @return to be started; must be closed
   * @throws DestinationException if there are no credentials
   */
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
    checkInBucket(place, oldVersions);
    Optional<Catalog> catalog = catalog(stateDirectory, place, readOnly, process.isRoot());
    try {
      return new BucketDestination(
          place, connections, retries, readOnly, process, mounted, oldVersions, catalog);
    } catch (DestinationException | RuntimeException | LinkageError e) {
      catalog.ifPresent(Catalog::close);
      throw e;
    }
  }

  private static void checkInBucket(BucketPlace place, Optional<OldVersionsPlace> oldVersions)
      throws DestinationException {
    int depth = Splitter.on('/').splitToList(place.location().prefix()).size() - 1;
    for (Path name : oldVersions.flatMap(OldVersionsPlace::directory).orElse(Path.of(""))) {
      depth -= name.toString().equals("..") ? 1 : 0;
    }
    if (depth < 0) {
      throw new DestinationException(
          "old versions cannot be kept in "
              + oldVersions.orElseThrow().directory().orElseThrow()
              + ", seen from "
              + place.name()
              + ": that is outside of the bucket");
    }
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
    try {
      root = Optional.of(tree.list(prefix));
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw unusable(place, e);
    }
    TreeListing.Directory found = root.get();
    isNew = !readOnly && found.names.isEmpty();
    rootExists = prefix.isEmpty() || found.exists() || mounted.isPresent() || !readOnly;
  }

  /**
   * Makes the destination's own directory, and those above it, if they are missing.
   *
   * @throws DestinationException if they cannot be made
   */
  public void prepare() throws DestinationException {
    Optional<TreeListing.Directory> found = root;
    if (readOnly || prefix.isEmpty() || found.map(TreeListing.Directory::exists).orElse(true)) {
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
    Metadata metadata = directory(DIRECTORY_MODE, Instant.now());
    for (int slash = prefix.indexOf('/'); slash >= 0; slash = prefix.indexOf('/', slash + 1)) {
      String key = prefix.substring(0, slash + 1);
      if (key.equals(prefix) || requests.head(key).isEmpty()) {
        putDirectory(key, metadata);
      }
    }
  }

  private static Metadata directory(int mode, Instant mtime) {
    int none = Metadata.UNKNOWN;
    return new Metadata(Kind.DIRECTORY, 0, mtime, mode, none, none, none, none);
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
        /* keepsOwner= */ process.isRoot(),
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
    Requests.warmUp();
  }

  // Keys

  private String key(Path path) {
    StringBuilder key = new StringBuilder(prefix);
    for (Path name : path) {
      String text = new String(PathBytes.of(name), StandardCharsets.UTF_8);
      if (!text.isEmpty()) {
        key.append(key.length() == prefix.length() ? "" : "/").append(text);
      }
    }
    return key.toString();
  }

  private String directoryKey(Path path) {
    String key = key(path);
    return key.isEmpty() || key.endsWith("/") ? key : key + "/";
  }

  /** For whatever is about to be changed. */
  private String checkedKey(Path path) throws IOException {
    root = Optional.empty();
    names.check(path);
    String key = key(path);
    int length = key.getBytes(StandardCharsets.UTF_8).length;
    // A directory's key has one byte more.
    if (length >= LONGEST_KEY) {
      throw new RefusedException(
          "its key would have " + length + " bytes, and S3 takes no more than " + LONGEST_KEY);
    }
    return key;
  }

  @Override
  public Path nameOf(Path sourceName) {
    return sourceName.getFileSystem() == FileSystems.getDefault()
        ? sourceName
        : PathBytes.resolve(Path.of(""), PathBytes.of(sourceName));
  }

  // Looking

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    String key = key(path);
    if (key.equals(prefix)) {
      return rootExists ? mounted.or(() -> Optional.of(IMPLIED)) : Optional.empty();
    }
    Optional<Requests.Head> found = requests.head(key);
    if (found.isEmpty()) {
      found = requests.head(key + "/");
    }
    if (found.isPresent()) {
      return Optional.of(metadata(found.get()));
    }
    boolean isImplied = !requests.list(key + "/", null, null, null).contents().isEmpty();
    return isImplied ? Optional.of(IMPLIED) : Optional.empty();
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
    String key = keyOf(path, glance);
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
    return hashedInsteadOfLook;
  }

  @Override
  public Listing list(Path directory) throws IOException {
    String key = directoryKey(directory);
    TreeListing.Directory found;
    if (key.equals(prefix)) {
      found = takeRoot();
    } else {
      Stopwatch watch = Stopwatch.createStarted();
      found = tree.list(key);
      learn(watch.elapsed());
    }
    return listing(key, found);
  }

  private synchronized TreeListing.Directory takeRoot() throws IOException {
    if (root.isEmpty()) {
      return tree.list(prefix);
    }
    TreeListing.Directory found = root.get();
    root = Optional.empty();
    if (prefix.isEmpty()) {
      // A bucket has no object of its own; whatever is in it is ours.
      found.self = Optional.of(ListedEntry.directory(Optional.empty()));
    }
    return found;
  }

  /**
   * What is in the destination itself, without taking it from whoever lists it next.
   *
   * @return as it was when the destination was opened
   * @throws IOException if what a killed run left there cannot be removed
   */
  public Listing peek() throws IOException {
    return listing(prefix, root.orElseThrow());
  }

  /** Without temporary files, of which abandoned ones are removed. */
  private Listing listing(String directoryKey, TreeListing.Directory found) throws IOException {
    Map<Path, ListedEntry> glances = new HashMap<>();
    for (Map.Entry<String, ListedEntry> entry : found.names.entrySet()) {
      Optional<Path> name = pathOf(entry.getKey());
      if (name.isPresent() && TemporaryNames.isTemporary(name.get())) {
        tidy(directoryKey + entry.getKey(), name.get(), entry.getValue());
      } else {
        name.ifPresent(path -> glances.put(path, entry.getValue()));
      }
    }
    return Listing.ofGlances(glances, found.self);
  }

  /**
   * An object by which a mount can be recognised. Deleted when it is closed.
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
    // Nobody else wrote so many bytes at such a time.
    byte[] content = new byte[1 + (int) (System.nanoTime() & 0xFF)];
    Instant mtime = Instant.ofEpochSecond(1_000_000_000, System.nanoTime() & 0xFFFFFF);
    int none = Metadata.UNKNOWN;
    Metadata metadata =
        new Metadata(Kind.FILE, content.length, mtime, 0600, none, none, none, none);
    requests.put(key, metadata, Requests.Body.of(content));
    return new Probe(content.length, mtime, () -> deleteLater(key));
  }

  /** Nobody need wait for it, until the end. */
  private void deleteLater(String key) {
    tidying =
        CompletableFuture.runAsync(
            () -> {
              try {
                requests.delete(key);
              } catch (IOException e) {
                log.warn("{} could not be deleted: {}", key, e.getMessage());
              }
            });
  }

  /** How long a request takes decides which files are rather hashed than asked for. */
  private void learn(Duration elapsed) {
    long bytes = elapsed.toNanos() * (HASHED_PER_SECOND / 1_000_000) / 1_000 / connections;
    if (elapsed.toMillis() > 0) {
      hashedInsteadOfLook = Math.max(LEAST_HASHED, Math.min(MOST_HASHED, bytes));
    }
  }

  static Optional<Path> pathOf(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      return Optional.empty();
    }
    try {
      return Optional.of(PathBytes.resolve(Path.of(""), name.getBytes(StandardCharsets.UTF_8)));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Removes what a run through a mount left when it was killed. */
  private void tidy(String key, Path name, ListedEntry glance) throws IOException {
    Instant storedAt = glance.storedAt().orElse(Instant.now());
    if (!readOnly && TemporaryNames.isAbandoned(name, () -> storedAt, Instant.now())) {
      requests.delete(key);
    }
  }

  // Reading

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return Channels.newChannel(requests.get(key(file), /* isLink= */ false).content());
  }

  /**
   * Not by the tag, although that was checked: it says what the server has received, and not what
   * it gives back.
   */
  @Override
  public StoredFile readBack(Path file) throws IOException {
    Requests.Reading got = requests.get(key(file), /* isLink= */ false);
    return new StoredFile(Channels.newChannel(got.content()), Optional.of(got.metadata()));
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    catalog.ifPresent(c -> c.forget(key(path)));
    setMetadata(path, dated, EnumSet.of(Attribute.MTIME));
  }

  @Override
  public Path readLink(Path link) throws IOException {
    try (InputStream in = requests.get(key(link), /* isLink= */ true).content()) {
      return PathBytes.resolve(Path.of(""), in.readNBytes(LONGEST_TARGET));
    }
  }

  // Writing

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    return new PutStream(this, requests, target(file, existing), source);
  }

  @Override
  public Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) throws IOException {
    String key = target(file, existing);
    return Optional.of(
        source.size() < MULTIPART_FROM
            ? new PutFile(this, requests, key, content, source.size())
            : new PutParts(this, requests, key, source, content));
  }

  /** The key to write to; the old version of what is there is kept, if that is wanted. */
  private String target(Path file, Optional<Metadata> existing) throws IOException {
    String key = checkedKey(file);
    if (existing.isPresent() && existing.get().kind() == Kind.DIRECTORY) {
      // S3 itself would take both.
      throw new RefusedException("a directory stands in its place");
    }
    if (oldVersions.isPresent() && existing.isPresent()) {
      keep(key, Optional.of(existing.get().size()));
    }
    return key;
  }

  /** Whether nothing on the way to the server can take a key for that of another object. */
  static boolean isPlain(String key) {
    for (String name : Splitter.on('/').split(key)) {
      if (name.equals(".") || name.equals("..")) {
        return false;
      }
    }
    return true;
  }

  /** Notes for the next run what this one has stored. */
  void remember(String key, Metadata source, Requests.Stored stored) {
    boolean isDirectory = source.kind() == Kind.DIRECTORY;
    catalog.ifPresent(
        c ->
            c.remember(
                key,
                new ListedEntry(isDirectory, source.size(), stored.tag(), stored.at()),
                source,
                stored.took()));
  }

  @Override
  public Recollection recall(Path path, ListedEntry glance, Metadata source) {
    return catalog
        .map(c -> c.recall(keyOf(path, glance), glance, source))
        .orElse(Recollection.NONE);
  }

  @Override
  public void confirm(Path path, ListedEntry glance, Metadata source) {
    if (!readOnly) {
      catalog.ifPresent(c -> c.remember(keyOf(path, glance), glance, source, Duration.ZERO));
    }
  }

  private String keyOf(Path path, ListedEntry glance) {
    return glance.isDirectory() ? directoryKey(path) : key(path);
  }

  /** Starts an upload in parts, and ends those of the same object that a killed run left. */
  String startUpload(String key, Metadata source) throws IOException {
    for (String left : unfinished(key)) {
      try {
        requests.abortUpload(key, left);
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        // It is gone already, or we may not: no reason not to upload.
        log.info("an unfinished upload of {} cannot be aborted: {}", key, e.getMessage());
      }
    }
    return requests.startUpload(key, source);
  }

  private synchronized Collection<String> unfinished(String key) {
    if (unfinished == null) {
      unfinished = new HashMap<>();
      try {
        for (MultipartUpload upload : requests.unfinishedUploads(prefix)) {
          unfinished.computeIfAbsent(upload.key(), k -> new ArrayList<>()).add(upload.uploadId());
        }
      } catch (IOException e) {
        // Not allowed, maybe: that is no reason not to back up.
        log.info("unfinished uploads cannot be listed: {}", e.getMessage());
      }
    }
    List<String> left = unfinished.remove(key);
    return left == null ? List.of() : left;
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    byte[] bytes = PathBytes.of(target);
    S3fsNames.checkTarget(bytes);
    String key = target(link, existing);
    remember(key, source, requests.put(key, source, Requests.Body.of(bytes)));
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    String key = checkedKey(directory);
    if (existing.isPresent() && existing.get().kind() != Kind.DIRECTORY) {
      if (oldVersions.isPresent()) {
        keep(key, Optional.of(existing.get().size()));
      }
      requests.delete(key);
    }
    putDirectory(key + "/", source);
    return EnumSet.noneOf(Attribute.class);
  }

  private void putDirectory(String key, Metadata source) throws IOException {
    remember(key, source, requests.put(key, source, Requests.Body.of(new byte[0])));
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    if (source.kind() == Kind.DIRECTORY) {
      putDirectory(directoryKey(path), source);
      return;
    }
    String key = key(path);
    // Only what was compared is given our metadata.
    Optional<String> ifMatch = Optional.ofNullable(looked.asMap().remove(key));
    remember(
        key,
        source,
        source.size() > MOST_COPIED
            ? requests.copyInParts(key, source, ifMatch)
            : requests.copyOntoItself(key, source, ifMatch));
  }

  // Deleting

  @Override
  public int deletedAtOnce() {
    return requests.deletedAtOnce();
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> doomed) throws IOException {
    Map<Path, IOException> failures = new HashMap<>();
    Map<String, Path> keys = new LinkedHashMap<>();
    for (Map.Entry<Path, Kind> one : doomed.entrySet()) {
      try {
        keys.put(doomedKey(one.getKey(), one.getValue()), one.getKey());
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        failures.put(one.getKey(), e);
      }
    }
    if (!keys.isEmpty()) {
      for (Map.Entry<String, IOException> failed : requests.delete(keys.keySet()).entrySet()) {
        if (failed.getValue() instanceof DestinationException e) {
          throw e;
        }
        failures.put(keys.get(failed.getKey()), failed.getValue());
      }
    }
    return failures;
  }

  /** The key to delete; a copy of its object is where old versions go, if they are kept. */
  private String doomedKey(Path path, Kind kind) throws IOException {
    String key;
    try {
      key = checkedKey(path);
    } catch (RefusedException e) {
      throw new ForeignNameException(e.getMessage());
    }
    if (!isPlain(key)) {
      throw new ForeignNameException(
          "a program that takes the dots in its name for a path would delete another object");
    }
    if (kind == Kind.DIRECTORY) {
      return key + "/";
    }
    if (oldVersions.isPresent() && !TemporaryNames.isTemporary(path.getFileName())) {
      keep(key, Optional.empty());
    }
    return key;
  }

  // Old versions, and other copies on the server

  @Override
  public void rename(Path from, Path to) throws IOException {
    String key = checkedKey(to);
    String temporary = checkedKey(from);
    if (!copy(temporary, key, Optional.empty())) {
      throw new NoSuchFileException(temporary);
    }
    catalog.ifPresent(c -> c.forget(temporary));
    requests.delete(temporary);
  }

  /** What is in a directory goes before the directory, whose own object a list may not show. */
  @Override
  public void putAside(Path directory) throws IOException {
    String key = checkedKey(directory);
    String from = key + "/";
    String to = oldKey(key) + "/";
    boolean isMore = true;
    String last = null;
    PageSequence pages = new PageSequence();
    while (isMore) {
      ListObjectsV2Response page = requests.list(from, null, last, null);
      for (S3Object object : Lists.reverse(page.contents())) {
        if (isPlain(object.key())) {
          String place = to + object.key().substring(from.length());
          makeDirectories(place);
          boolean unused = copy(object.key(), place, Optional.ofNullable(object.size()));
          requests.delete(object.key());
        } else {
          log.warn(
              "{} is left: whoever takes its dots for a path would delete another", object.key());
        }
      }
      if (!page.contents().isEmpty()) {
        last = Iterables.getLast(page.contents()).key();
      }
      isMore = !page.contents().isEmpty() && pages.isMore(page);
    }
    requests.delete(from);
  }

  /** The old one stays where it is until something takes its place. */
  private void keep(String key, Optional<Long> knownSize) throws IOException {
    String place = oldKey(key);
    makeDirectories(place);
    boolean unused = copy(key, place, knownSize);
  }

  private void makeDirectories(String place) throws IOException {
    for (int slash = place.indexOf('/'); slash >= 0; slash = place.indexOf('/', slash + 1)) {
      String directory = place.substring(0, slash + 1);
      if (directory.equals(place) || prefix.startsWith(directory)) {
        continue;
      }
      if (!madeForOldVersions.contains(directory)) {
        if (requests.head(directory).isEmpty()) {
          String file = directory.substring(0, directory.length() - 1);
          // S3Proxy answers for a directory, too, which another thread may have made meanwhile.
          boolean isFile =
              requests.head(file).filter(h -> h.metadata().kind() != Kind.DIRECTORY).isPresent();
          if (isFile) {
            throw new RefusedException(
                "its old version cannot be kept, since " + file + " in the bucket is a file");
          }
          putDirectory(directory, directory(OLD_VERSIONS_MODE, Instant.now()));
        }
        madeForOldVersions.add(directory);
      }
    }
  }

  /** Copies an object with its metadata; false if it is not there. */
  private boolean copy(String from, String to, Optional<Long> knownSize) throws IOException {
    if (knownSize.isPresent() && knownSize.get() <= MOST_COPIED) {
      requests.copy(from, to);
      return true;
    }
    Optional<Requests.Head> head = requests.head(from);
    if (head.isEmpty()) {
      return false;
    }
    Metadata old = head.get().metadata();
    if (old.size() > MOST_COPIED) {
      Optional<String> tag = Optional.of(head.get().rawTag());
      Requests.Stored unused = requests.copyInParts(from, to, old, tag);
    } else {
      requests.copy(from, to);
    }
    return true;
  }

  private String oldKey(String key) {
    String below = key.substring(prefix.length());
    String base = prefix;
    for (Path name : oldVersions.orElseThrow().directory().orElse(Path.of(""))) {
      String text = new String(PathBytes.of(name), StandardCharsets.UTF_8);
      if (text.equals("..")) {
        base = base.substring(0, base.lastIndexOf('/', base.length() - 2) + 1);
      } else if (!text.isEmpty()) {
        base += text + "/";
      }
    }
    return base + below + oldVersions.get().suffix();
  }

  /** Each request counts, and its body. */
  @Override
  public Destination limitedBy(Throttle throttle) {
    requests.limit(throttle);
    return this;
  }

  @Override
  public void check() {
    // Each request stands for itself, and says what is wrong.
  }

  @Override
  public void close() {
    try {
      tidying.exceptionally(e -> null).join();
      requests.close();
    } finally {
      catalog.ifPresent(Catalog::close);
    }
  }
}
