package dev.mtb.store.bucket;

import com.google.common.base.Joiner;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Throttle;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The requests of {@link BucketFiles}, and what is kept of their answers. Thread-safe. */
final class BucketReader implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(BucketReader.class);

  /** More entries than wait in the engine's queue. */
  private static final int MOST_LOOKED = 20_000;

  /** For a larger file a HEAD costs less than to read it in vain if it is not wanted. */
  private static final long MOST_FETCHED = 64 << 10;

  /** The end of the names that other clients give to directories; s3fs shows them as such. */
  private static final String FOLDER_MARKER = "_$folder$";

  /** What s3fs shows of a directory that only its contents show. Its owner is not known. */
  private static final Metadata IMPLIED =
      new Metadata(
          Kind.DIRECTORY,
          0,
          Instant.EPOCH,
          0750,
          Metadata.UNKNOWN,
          Metadata.UNKNOWN,
          Metadata.UNKNOWN,
          Metadata.UNKNOWN);

  /**
   * The version of an object that was looked at.
   *
   * @param key of the object; empty for a directory without an object
   * @param metadata as the file system shows it
   * @param tag of its version, as the server writes it; empty if it has none
   */
  record Found(String key, Metadata metadata, Optional<String> tag) {}

  private final BucketPlace place;
  private final String prefix;
  private final Requests requests;
  private final TreeListing tree;
  private final KeyLookup lookup;
  private final ReadAhead ahead = new ReadAhead();
  private final int retries;
  private final Cache<String, Found> looked =
      CacheBuilder.newBuilder().maximumSize(MOST_LOOKED).build();

  private final HeldContents held = new HeldContents();
  private final FailureLimit failures;
  private volatile Predicate<Path> isExpected = path -> false;

  BucketReader(BucketPlace place, int connections, int retries) throws DestinationException {
    this.place = place;
    this.retries = retries;
    prefix = place.location().prefix();
    failures = new FailureLimit(place);
    // The bucket is only read, so that the owner of new objects does not matter.
    requests =
        new Requests(
            place,
            new Owner(0, 0, /* isRoot= */ false),
            connections + ReadAhead.MOST_AT_ONCE,
            retries);
    TreeListing.Pages pages =
        (p, d, after, token) -> failures.send(() -> requests.list(p, d, after, token));
    tree = new TreeListing(pages);
    lookup = new KeyLookup(key -> failures.send(() -> requests.head(key)), pages);
  }

  /** Lists some keys, less the prefix. */
  List<String> some(int most) throws DestinationException {
    try {
      // A whole page is asked for: s3rver answers 500 to fewer.
      List<S3Object> objects = requests.list(prefix, null, null, null).contents();
      if (objects.isEmpty() && (prefix.isEmpty() || requests.head(prefix).isEmpty())) {
        throw new DestinationException(
            "there is no backup at " + place.name() + ": nothing there has a key that begins so");
      }
      return objects.stream()
          .limit(most)
          .map(object -> object.key().substring(prefix.length()))
          .toList();
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw new DestinationException(
          "the backup " + place.name() + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** Whether only what is in a directory shows that it is there. */
  boolean isImplied(BucketPath directory) throws IOException {
    return find(directory, true).key().isEmpty();
  }

  void limit(Throttle throttle) {
    requests.limit(throttle);
  }

  void expect(Predicate<Path> isWanted) {
    isExpected = isWanted;
  }

  // Looking

  private String key(BucketPath path) throws NoSuchFileException {
    List<String> names = ((BucketPath) path.toAbsolutePath()).names();
    for (String name : names) {
      if (!BucketKeys.isName(name)) {
        throw new NoSuchFileException(path.toString());
      }
    }
    return prefix + Joiner.on('/').join(names);
  }

  /**
   * Looks at a path.
   *
   * @param isDirectory whether it is most likely one
   */
  Metadata look(BucketPath path, boolean isDirectory) throws IOException {
    return find(path, isDirectory).metadata();
  }

  private Found find(BucketPath path, boolean isDirectory) throws IOException {
    String key = key(path);
    Found known = looked.getIfPresent(key);
    if (known != null) {
      return known;
    }
    Found found = ask(path, key, isDirectory);
    boolean hadContent = path.glance().map(ListedEntry::size).orElse(0L) > 0;
    if (hadContent && found.metadata().kind() != Kind.DIRECTORY && found.metadata().size() == 0) {
      // An answer that does not tell the size has the same effect.
      throw new IOException("a list shows its size, and the server does not tell it; run again");
    }
    looked.put(key, found);
    return found;
  }

  private Found ask(BucketPath path, String key, boolean isDirectory) throws IOException {
    Found implied = new Found("", IMPLIED, Optional.empty());
    if (key.equals(prefix)) {
      return prefix.isEmpty() ? implied : head(prefix).orElse(implied);
    }
    if (path.glance().isPresent()) {
      ListedEntry glance = path.glance().get();
      if (glance.isDirectory()) {
        return head(BucketKeys.withSlash(key)).orElse(implied);
      }
      boolean isFetched =
          glance.size() > 0 && glance.size() <= MOST_FETCHED && isExpected.test(path);
      Optional<Found> fetched = isFetched ? fetch(key, glance.size()) : Optional.empty();
      return fetched.isPresent() ? fetched.get() : head(key).orElseThrow(() -> missing(path));
    }
    return lookup
        .find(key, isDirectory)
        .map(it -> it.head().map(head -> found(it.key(), head)).orElse(implied))
        .orElseThrow(() -> missing(path));
  }

  private static NoSuchFileException missing(BucketPath path) {
    return new NoSuchFileException(path.toString());
  }

  private Optional<Found> head(String key) throws IOException {
    return failures.send(() -> requests.head(key)).map(head -> found(key, head));
  }

  private static Found found(String key, Requests.Head head) {
    return found(key, head.metadata(), head.rawTag());
  }

  private static Found found(String key, Metadata stored, String tag) {
    long version =
        Hashing.murmur3_128()
            .hashString(tag + " " + stored.mtime(), StandardCharsets.UTF_8)
            .asLong();
    Metadata metadata =
        new Metadata(
            stored.kind(),
            stored.size(),
            stored.mtime(),
            stored.mode(),
            owner(stored.uid()),
            owner(stored.gid()),
            Metadata.UNKNOWN,
            version >>> 1);
    return new Found(key, metadata, Optional.ofNullable(tag));
  }

  /** Objects of other tools have no owner; {@link StoredMetadata} has a number for that. */
  private static int owner(int id) {
    return id == Integer.MIN_VALUE ? Metadata.UNKNOWN : id;
  }

  /** Looks at a small file and reads it with one request; empty if too much is held already. */
  private Optional<Found> fetch(String key, long size) throws IOException {
    if (!held.reserve(size)) {
      return Optional.empty();
    }
    boolean isHeld = false;
    try {
      Requests.Reading reading =
          failures.send(() -> requests.read(key, Optional.empty(), Optional.empty()));
      Found found = found(key, reading.metadata(), reading.rawTag());
      Optional<byte[]> content = content(reading, size);
      isHeld = content.isPresent() && held.put(key, found.tag(), content.get());
      return Optional.of(found);
    } finally {
      if (!isHeld) {
        held.release(size);
      }
    }
  }

  /** The content; empty if it was cut off, or has another size than a list has shown. */
  private static Optional<byte[]> content(Requests.Reading reading, long size) {
    if (reading.metadata().size() != size) {
      reading.abort();
      return Optional.empty();
    }
    try (InputStream in = reading.content()) {
      byte[] content = in.readNBytes((int) size);
      return content.length == size ? Optional.of(content) : Optional.empty();
    } catch (IOException e) {
      log.debug("an answer was cut off; it will be asked for again", e);
      return Optional.empty();
    }
  }

  /** Drops what is known of an object that has another version by now. */
  void forget(String key) {
    looked.invalidate(key);
    Optional<byte[]> unused = held.take(key, Optional.empty());
  }

  /** Lists a directory, without the names that no file can have. */
  List<Path> list(BucketPath directory) throws IOException {
    String key = BucketKeys.withSlash(key(directory));
    TreeListing.Directory found = tree.list(key);
    Map<String, Path> children = new TreeMap<>();
    found.names.forEach(
        (name, glance) -> {
          boolean isMarker =
              !glance.isDirectory() && glance.size() == 0 && name.endsWith(FOLDER_MARKER);
          if (isMarker) {
            String shown = name.substring(0, name.length() - FOLDER_MARKER.length());
            if (BucketKeys.isName(shown)) {
              ListedEntry marked = ListedEntry.directory(Optional.empty());
              children.putIfAbsent(shown, directory.child(shown, marked));
            }
          } else if (BucketKeys.isName(name)) {
            children.put(name, directory.child(name, glance));
          } else {
            log.warn("left out, since no file can be called so: {}{}", key, name);
          }
        });
    return ImmutableList.copyOf(children.values());
  }

  // Reading

  SeekableByteChannel open(BucketPath path) throws IOException {
    Found found = find(path, false);
    if (found.metadata().kind() != Kind.FILE) {
      throw new IOException("it is no file in the bucket");
    }
    Optional<byte[]> content = held.take(found.key(), found.tag());
    return content.isPresent()
        ? ObjectChannel.of(content.get())
        : new ObjectChannel(this, found, ahead, retries);
  }

  /** Opens a part of the version that was looked at. */
  InputStream read(Found version, long start, long end) throws IOException {
    boolean isWhole = start == 0 && end == version.metadata().size();
    Optional<String> range =
        isWhole ? Optional.empty() : Optional.of("bytes=" + start + "-" + (end - 1));
    try {
      Requests.Reading reading =
          failures.send(() -> requests.read(version.key(), version.tag(), range));
      String tag = reading.rawTag();
      if (tag != null && version.tag().isPresent() && !tag.equals(version.tag().get())) {
        // Some servers ignore which version is asked for.
        reading.abort();
        throw new ChangedException(null);
      }
      if (reading.metadata().size() != end - start) {
        // A server that does not know ranges sends the whole object.
        reading.abort();
        throw new IOException(
            "the server sends " + reading.metadata().size() + " bytes instead of " + (end - start));
      }
      return reading.content();
    } catch (ChangedException | NoSuchFileException e) {
      forget(version.key());
      throw e;
    }
  }

  Path readLink(BucketPath link) throws IOException {
    Found found = find(link, false);
    if (found.metadata().kind() != Kind.LINK) {
      throw new NotLinkException(link.toString());
    }
    long size = found.metadata().size();
    if (size == 0 || size > BucketKeys.LONGEST_TARGET) {
      throw new IOException("it is a link whose target has " + size + " bytes");
    }
    Optional<byte[]> content = held.take(found.key(), found.tag());
    byte[] target = content.isPresent() ? content.get() : target(found);
    return PathBytes.exactly(target)
        .orElseThrow(
            () ->
                new IOException(
                    "Java can make no link with the target '" + PathBytes.toText(target) + "'"));
  }

  private byte[] target(Found link) throws IOException {
    int size = (int) link.metadata().size();
    try (InputStream in = read(link, 0, size)) {
      byte[] target = in.readNBytes(size);
      if (target.length < size) {
        throw new EOFException("the answer ended early");
      }
      return target;
    }
  }

  @Override
  public void close() {
    ahead.close();
    requests.close();
  }
}
