package dev.mtb.store.bucket;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.s3.S3Client;
import dev.mtb.store.Content;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.Recollection;
import dev.mtb.store.RequestLimit;
import dev.mtb.store.Store;
import dev.mtb.store.StoredFile;
import dev.mtb.store.Throttle;
import dev.mtb.store.TreeEntry;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

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
public final class BucketStore implements Store {
  private final BucketPlace place;
  private final String prefix;
  private final BucketKeys keys;
  private final BucketAccess access;
  private final Requests requests;
  private final DirectoryListings listings;
  private final DestinationRoot root;
  private final ObjectLooks looks;
  private final ObjectReads reads;
  private final BucketTree tree;
  private final DestinationChanges changes;
  private final Probes probes;
  private final Optional<Catalog> catalog;

  /** The mount's own view of the destination, if there is a mount. */
  private final Optional<Metadata> mounted;

  private BucketStore(
      BucketPlace place,
      BucketAccess access,
      Optional<Metadata> mounted,
      Optional<OldVersionsPlace> oldVersions,
      Requests requests,
      WriteConditions conditions,
      Optional<Catalog> catalog) {
    this.place = place;
    this.access = access;
    this.mounted = mounted;
    this.catalog = catalog;
    prefix = place.location().prefix();
    keys = new BucketKeys(prefix);
    this.requests = requests;
    listings = new DirectoryListings(prefix, requests);
    probes = new Probes(requests);
    looks = new ObjectLooks(requests);
    reads = new ObjectReads(requests, access.retries());
    tree = new BucketTree(place, requests, reads);
    ObjectWriter writer = new ObjectWriter(requests, conditions, catalog, access);
    root = new DestinationRoot(place, access.readOnly(), requests, writer, listings);
    changes =
        new DestinationChanges(
            keys,
            requests,
            writer,
            listings,
            looks,
            oldVersions.map(old -> new OldVersions(prefix, old, requests, writer)));
  }

  /**
   * Connects to a bucket. No request is made yet.
   *
   * @param mounted what a mount shows of the destination, if it is on one
   * @param stateDirectory where MTB remembers what it has stored
   * @return to be started; must be closed
   * @throws DestinationException if there are no credentials
   */
  public static BucketStore connect(
      BucketPlace place,
      BucketAccess access,
      Optional<Metadata> mounted,
      Optional<OldVersionsPlace> oldVersions,
      Path stateDirectory)
      throws DestinationException {
    OldVersions.checkInBucket(place, oldVersions);
    Requests requests = new Requests(place, access);
    return new BucketStore(
        place,
        access,
        mounted,
        oldVersions,
        requests,
        access.conditions(place, requests, stateDirectory),
        access.catalog(place, stateDirectory));
  }

  /** Connects to a bucket that is only read, as the source of a copy. No request is made yet. */
  public static BucketStore toRead(BucketPlace place, BucketAccess access)
      throws DestinationException {
    Requests requests = new Requests(place, access);
    return new BucketStore(
        place,
        access,
        Optional.empty(),
        Optional.empty(),
        requests,
        new WriteConditions(requests, Optional.empty()),
        Optional.empty());
  }

  /**
   * Lists some paths that are there, at most a page of a thousand, so that wrong names and
   * credentials show at once. To be called before anything else where the bucket is only read.
   */
  public List<Path> some(int most) throws DestinationException {
    return tree.some(most);
  }

  /**
   * Lists what is there, so that wrong names and credentials show at once. To be called before
   * anything else but {@link #probe}.
   */
  public void start() throws DestinationException {
    root.open();
  }

  /** Makes the destination's own directory, and those above it, if they are missing. */
  public void prepare() throws DestinationException {
    root.make();
  }

  @Override
  public Features features() {
    return new Features(
        /* listingBringsMetadata= */ true,
        /* contentsMoveDirectoryMtime= */ false,
        // A bucket has no locks for directories.
        /* operationsPerDirectory= */ Integer.MAX_VALUE,
        // Files written through a mount have milliseconds (MtimeByPath), or whole seconds.
        MtimePrecision.OF_ITS_ZEROS,
        StoredMetadata.EARLIEST,
        /* keepsRootMetadata= */ !prefix.isEmpty(),
        /* keepsPermissions= */ true,
        /* keepsOwner= */ access.process().isRoot(),
        /* listedForOne= */ Requests.PAGE,
        /* listingShows= */ true,
        // The client retries.
        /* retriesItself= */ true,
        /* missesAfterErrors= */ false,
        keys.rules());
  }

  @Override
  public String name() {
    return place.name();
  }

  @Override
  public boolean isNew() {
    return root.isNew();
  }

  /** Loads the classes that a first request needs, so that a thread can do this in parallel. */
  public static void warmUp() {
    S3Client.warmUp();
  }

  // Looking

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    String key = keys.of(path);
    return key.equals(prefix) ? mounted.or(root::metadata) : looks.find(key);
  }

  @Override
  public Optional<Metadata> look(Path path, ListedEntry listedEntry) throws IOException {
    return looks.look(keys.of(path, listedEntry), listedEntry);
  }

  @Override
  public Optional<Boolean> tagsAreDigests() {
    return looks.tagsAreDigests();
  }

  @Override
  public long hashedInsteadOfLook() {
    return listings.hashBudget().bytes();
  }

  @Override
  public Listing list(Path directory) throws IOException {
    return listings.list(keys.ofDirectory(directory));
  }

  @Override
  public void deleteStale(Path directory, Listing listing) throws IOException {
    changes.deleteStale(directory, listing);
  }

  /** The listing of the destination itself when it was opened. The next listing returns it. */
  public Listing peek() {
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
   * Writes a probe.
   *
   * @param name a temporary name, for the destination itself
   */
  public Probe probe(String name) throws IOException {
    return probes.write(prefix + name);
  }

  // Reading

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return reads.open(keys.of(file), /* isLink= */ false).content();
  }

  /**
   * Reads a file, although its tag was checked when it was written: the tag tells what the server
   * has received, and not what it returns.
   */
  @Override
  public StoredFile readBack(Path file) throws IOException {
    ObjectReads.Opened opened = reads.open(keys.of(file), /* isLink= */ false);
    return new StoredFile(opened.content(), Optional.of(opened.metadata()));
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    catalog.ifPresent(c -> c.forget(keys.of(path)));
    setMetadata(path, dated, EnumSet.of(Attribute.MTIME));
  }

  @Override
  public Path readLink(Path link) throws IOException {
    try (InputStream in = requests.get(keys.of(link), /* isLink= */ true).content()) {
      return PathBytes.resolve(Path.of(""), in.readNBytes(BucketKeys.LONGEST_TARGET));
    }
  }

  // As a tree, to be read

  @Override
  public TreeEntry entry(Path path) {
    return tree.entry(path, /* isDirectory= */ false);
  }

  @Override
  public TreeEntry way(Path directory) {
    return tree.entry(directory, /* isDirectory= */ true);
  }

  @Override
  public boolean hasRootMetadata() {
    return tree.hasRootMetadata();
  }

  @Override
  public void expect(Predicate<Path> isWanted) {
    tree.expect(isWanted);
  }

  @Override
  public boolean limit(Throttle throttle) {
    requests.limit(throttle);
    return true;
  }

  @Override
  public Optional<RequestLimit> requestLimit() {
    return Optional.of(requests.requestLimit());
  }

  // Writing

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    return changes.write(file, source, existing);
  }

  @Override
  public Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) throws IOException {
    return Optional.of(changes.upload(file, source, existing, content));
  }

  @Override
  public Recollection recall(Path path, ListedEntry listedEntry, Metadata source) {
    return catalog
        .map(c -> c.recall(keys.of(path, listedEntry), listedEntry, source))
        .orElse(Recollection.NONE);
  }

  @Override
  public void confirm(Path path, ListedEntry listedEntry, Metadata source) {
    if (!access.readOnly()) {
      catalog.ifPresent(
          c -> c.remember(keys.of(path, listedEntry), listedEntry, source, Duration.ZERO));
    }
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    changes.writeLink(link, target, source, existing);
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    changes.createDirectory(directory, source, existing);
    return EnumSet.noneOf(Attribute.class);
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    changes.setMetadata(path, source);
  }

  // Deleting and moving

  @Override
  public int deletedAtOnce() {
    return requests.deletedAtOnce();
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    return changes.delete(toDelete);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    changes.rename(from, to);
  }

  @Override
  public void moveToOldVersions(Path directory) throws IOException {
    changes.moveToOldVersions(directory);
  }

  @Override
  public void close() {
    try {
      changes.end();
      probes.awaitDeletion();
      reads.close();
      requests.close();
    } finally {
      catalog.ifPresent(Catalog::close);
    }
  }
}
