package dev.mtb.store.bucket;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.hash.Hashing;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.TreeEntry;
import dev.mtb.store.TreeScan;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files below a prefix as the source of a copy, with as few requests as possible. Thread-safe.
 *
 * <ul>
 *   <li>Directories are listed by {@link TreeListing}: a LIST shows a thousand names, of as many
 *       directories as they are in.
 *   <li>To look at an entry is one HEAD, whose answer the entry keeps. A file is read with one GET
 *       for the version that was looked at, so that content and metadata never belong to two
 *       versions.
 *   <li>A small file that is expected to be read is one GET, content and all.
 * </ul>
 *
 * <p>A file's inode number stands for its version: it changes whenever the object is written.
 */
final class BucketTree {
  private static final Logger log = LoggerFactory.getLogger(BucketTree.class);

  private static final Splitter NAMES = Splitter.on('/').omitEmptyStrings();

  /**
   * Larger files are not read with their look: for a file that is not needed, a HEAD is cheaper.
   */
  private static final long MOST_FETCHED = 64 << 10;

  /** The most bytes that may wait to be written: the engine's queue full of files of 8 KB. */
  private static final long MOST_HELD = 64 << 20;

  /** The end of the names that other clients give to directories; s3fs shows them as such. */
  private static final String FOLDER_MARKER = "_$folder$";

  /** What s3fs shows of a directory that only its contents show. Its owner is not known. */
  private static final ObjectReads.Version IMPLIED =
      new ObjectReads.Version(
          "", Metadata.known(Kind.DIRECTORY, 0).withMode(0750), Optional.empty());

  private final BucketPlace place;
  private final String prefix;
  private final BucketObjects objects;
  private final ObjectReads reads;
  private final TreeListing tree;
  private final KeyLookup lookup;
  private final FailureLimit failures;
  private final AtomicLong held = new AtomicLong();
  private final Entry root = new Entry(Path.of(""), Optional.empty(), /* isDirectory= */ true);
  private volatile Predicate<Path> isExpected = path -> false;

  BucketTree(BucketPlace place, BucketObjects objects, ObjectReads reads) {
    this.place = place;
    this.objects = objects;
    this.reads = reads;
    prefix = place.location().prefix();
    failures = new FailureLimit(place);
    TreeListing.Pages pages =
        (p, d, after, token) -> failures.send(() -> objects.list(p, d, after, token));
    tree = new TreeListing(pages);
    lookup = new KeyLookup(key -> failures.send(() -> objects.head(key)), pages);
  }

  /** Lists some paths that are there, so that wrong names and credentials show at once. */
  List<Path> some(int most) throws DestinationException {
    try {
      // A whole page is asked for: s3rver answers 500 to fewer.
      ListPage page = objects.list(prefix, null, null, null);
      tree.begin(prefix, page);
      List<ListedObject> listed = page.objects();
      if (listed.isEmpty() && (prefix.isEmpty() || objects.head(prefix).isEmpty())) {
        throw new DestinationException("there is no backup at " + place.name() + objects.missing());
      }
      return listed.stream()
          .limit(most)
          .map(object -> object.key().substring(prefix.length()))
          .filter(key -> NAMES.splitToList(key).stream().allMatch(BucketKeys::isName))
          .flatMap(key -> BucketKeys.pathOf(key).stream())
          .toList();
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw new DestinationException(
          "the backup " + place.name() + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** See {@link dev.mtb.store.Tree#hasRootMetadata}. */
  boolean hasRootMetadata() {
    try {
      return !root.version().key().isEmpty();
    } catch (IOException e) {
      return true;
    }
  }

  void expect(Predicate<Path> isWanted) {
    isExpected = isWanted;
  }

  /** An entry; {@code isDirectory} tells whether it is most likely a directory. */
  TreeEntry entry(Path path, boolean isDirectory) {
    return path.toString().isEmpty() ? root : new Entry(path, Optional.empty(), isDirectory);
  }

  private ObjectReads.Version version(String key, Metadata stored, String tag) {
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
    return new ObjectReads.Version(key, metadata, Optional.ofNullable(tag));
  }

  /** Objects of other tools have no owner, for which {@link StoredMetadata} has a number. */
  private static int owner(int id) {
    return id == Integer.MIN_VALUE ? Metadata.UNKNOWN : id;
  }

  /** What is at a path, and what is known of it. */
  private final class Entry implements TreeEntry {
    private final Path path;
    private final Optional<ListedEntry> listed;
    private final boolean isDirectory;

    /** What was looked at; null before. Guarded by this. */
    private ObjectReads.Version version;

    /** The content of that version, if it came with the look; null if not. Guarded by this. */
    private byte[] content;

    Entry(Path path, Optional<ListedEntry> listed, boolean isDirectory) {
      this.path = path;
      this.listed = listed;
      this.isDirectory = isDirectory;
    }

    @Override
    public Path path() {
      return path;
    }

    @Override
    public Optional<ListedEntry> listed() {
      return listed;
    }

    @Override
    public Metadata look() throws IOException {
      return version().metadata();
    }

    synchronized ObjectReads.Version version() throws IOException {
      if (version == null) {
        ObjectReads.Version found = ask();
        boolean hadContent = listed.map(ListedEntry::size).orElse(0L) > 0;
        Metadata metadata = found.metadata();
        if (hadContent && metadata.kind() != Kind.DIRECTORY && metadata.size() == 0) {
          // An answer without a size counts as size 0.
          throw new IOException(
              "a list shows its size, and the server does not tell it; run again");
        }
        version = found;
      }
      return version;
    }

    private String key() throws NoSuchFileException {
      List<String> names = new ArrayList<>();
      for (Path name : path) {
        String text = new String(PathBytes.of(name), StandardCharsets.UTF_8);
        if (!BucketKeys.isName(text) && !path.toString().isEmpty()) {
          throw missing();
        }
        names.add(text);
      }
      return prefix + Joiner.on('/').join(names);
    }

    private NoSuchFileException missing() {
      return new NoSuchFileException(path.toString());
    }

    private ObjectReads.Version ask() throws IOException {
      String key = key();
      if (key.equals(prefix)) {
        return prefix.isEmpty() ? IMPLIED : head(prefix).orElse(IMPLIED);
      }
      if (listed.isPresent()) {
        long size = listed.get().size();
        if (listed.get().isDirectory()) {
          return head(BucketKeys.withSlash(key)).orElse(IMPLIED);
        }
        boolean isFetched = size > 0 && size <= MOST_FETCHED && isExpected.test(path);
        Optional<ObjectReads.Version> fetched = isFetched ? fetch(key, size) : Optional.empty();
        return fetched.isPresent() ? fetched.get() : head(key).orElseThrow(this::missing);
      }
      KeyLookup.Found found = lookup.find(key, isDirectory).orElseThrow(this::missing);
      return found
          .head()
          .map(head -> BucketTree.this.version(found.key(), head.metadata(), head.rawTag()))
          .orElse(IMPLIED);
    }

    private Optional<ObjectReads.Version> head(String key) throws IOException {
      return failures
          .send(() -> objects.head(key))
          .map(head -> BucketTree.this.version(key, head.metadata(), head.rawTag()));
    }

    /** Looks at a small file and reads it with one request; empty if too much is held already. */
    private Optional<ObjectReads.Version> fetch(String key, long size) throws IOException {
      if (held.addAndGet(size) > MOST_HELD) {
        held.addAndGet(-size);
        return Optional.empty();
      }
      try {
        Requests.Reading reading =
            failures.send(() -> objects.read(key, Optional.empty(), Optional.empty()));
        content = content(reading, size);
        return Optional.of(BucketTree.this.version(key, reading.metadata(), reading.rawTag()));
      } finally {
        if (content == null) {
          held.addAndGet(-size);
        }
      }
    }

    /** The content; null if it was cut off, or has another size than the listing. */
    private static byte[] content(Requests.Reading reading, long size) {
      if (reading.metadata().size() != size) {
        reading.abort();
        return null;
      }
      try (InputStream in = reading.content()) {
        byte[] read = in.readNBytes((int) size);
        return read.length == size ? read : null;
      } catch (IOException e) {
        log.debug("an answer was cut off; it will be asked for again", e);
        return null;
      }
    }

    /** Returns the content that came with the look, once. */
    private synchronized Optional<byte[]> takeContent() {
      Optional<byte[]> taken = Optional.ofNullable(content);
      taken.ifPresent(bytes -> held.addAndGet(-bytes.length));
      content = null;
      return taken;
    }

    private synchronized void forget() {
      Optional<byte[]> unused = takeContent();
      version = null;
    }

    @Override
    public ReadableByteChannel read() throws IOException {
      ObjectReads.Version found = version();
      if (found.metadata().kind() != Kind.FILE) {
        throw new IOException("it is no file in the bucket");
      }
      Optional<byte[]> taken = takeContent();
      return taken.isPresent()
          ? Channels.newChannel(new ByteArrayInputStream(taken.get()))
          : reads.open((start, end) -> part(found, start, end), found.metadata().size());
    }

    /** Opens a part of the version that was looked at. */
    private InputStream part(ObjectReads.Version found, long start, long end) throws IOException {
      try {
        return failures.send(() -> reads.part(found, start, end));
      } catch (ChangedException | NoSuchFileException e) {
        forget();
        throw e;
      }
    }

    @Override
    public Path readLink() throws IOException {
      ObjectReads.Version found = version();
      if (found.metadata().kind() != Kind.LINK) {
        throw new NotLinkException(path.toString());
      }
      long size = found.metadata().size();
      if (size == 0 || size > BucketKeys.LONGEST_TARGET) {
        throw new IOException("it is a link whose target has " + size + " bytes");
      }
      Optional<byte[]> taken = takeContent();
      byte[] target = taken.isPresent() ? taken.get() : target(found, (int) size);
      return PathBytes.exactly(target)
          .orElseThrow(
              () ->
                  new IOException(
                      "Java can make no link with the target '" + PathBytes.toText(target) + "'"));
    }

    private byte[] target(ObjectReads.Version link, int size) throws IOException {
      try (InputStream in = part(link, 0, size)) {
        byte[] target = in.readNBytes(size);
        if (target.length < size) {
          throw new EOFException("the answer ended early");
        }
        return target;
      }
    }

    /** Opens a directory. No request is sent before the first entry is asked for. */
    @Override
    public TreeScan scan() {
      return new TreeScan() {
        private Iterator<TreeEntry> children;

        @Override
        public Optional<TreeEntry> next() throws IOException {
          if (children == null) {
            children = children().iterator();
          }
          return children.hasNext() ? Optional.of(children.next()) : Optional.empty();
        }
      };
    }

    /** What is in a directory, without the names that no file can have. */
    private List<TreeEntry> children() throws IOException {
      String key = BucketKeys.withSlash(key());
      Map<String, TreeEntry> children = new TreeMap<>();
      for (Map.Entry<String, ListedEntry> each : tree.list(key).names.entrySet()) {
        String name = each.getKey();
        ListedEntry entry = each.getValue();
        boolean isMarker =
            !entry.isDirectory() && entry.size() == 0 && name.endsWith(FOLDER_MARKER);
        if (isMarker) {
          String shown = name.substring(0, name.length() - FOLDER_MARKER.length());
          child(shown, ListedEntry.directory(Optional.empty()))
              .ifPresent(child -> children.putIfAbsent(shown, child));
        } else {
          child(name, entry)
              .ifPresentOrElse(
                  c -> children.put(name, c),
                  () -> log.warn("left out, since no file can be called so: {}{}", key, name));
        }
      }
      return List.copyOf(children.values());
    }

    private Optional<TreeEntry> child(String name, ListedEntry entry) {
      return BucketKeys.isName(name)
          ? BucketKeys.pathOf(name)
              .map(n -> new Entry(path.resolve(n), Optional.of(entry), entry.isDirectory()))
          : Optional.empty();
    }
  }
}
