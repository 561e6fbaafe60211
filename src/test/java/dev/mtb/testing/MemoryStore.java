package dev.mtb.testing;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import dev.mtb.store.StoredFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A destination in memory with any features. It records what the engine must never do: two threads
 * that write one file, a write without a directory, more writes at a time than allowed, a handle
 * that is not closed, any call after the close. Thread-safe.
 *
 * <p>It can obey the modes of directories, as file systems do for all users but root.
 */
public final class MemoryStore implements Store {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  /** What is at one path. Guarded by the destination. */
  public static final class Node {
    public Kind kind;
    public byte[] content = {};
    public Instant mtime = NOW;
    public int mode;

    /** The size that a look shows. File systems differ in the size of a link. */
    public long size;

    public Node(Kind kind, byte[] content, Instant mtime, int mode) {
      this.kind = kind;
      this.content = content;
      this.mtime = mtime;
      this.mode = mode;
      this.size = content.length;
    }

    /** The same with another size. */
    public Node sized(long told) {
      size = told;
      return this;
    }
  }

  private final Features features;
  private final boolean isNew;
  private final boolean readOnly;
  private final boolean obeysModes;
  private final int threads;
  private final Map<String, Node> nodes;
  private final Map<String, Integer> running = new HashMap<>();
  private final Set<String> written = new HashSet<>();
  private final Set<String> busy = new HashSet<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger changes = new AtomicInteger();
  private boolean closed;

  /**
   * Opens it.
   *
   * @param nodes what is there by path; the empty path is there in any case; changed by writing
   * @param obeysModes whether nothing can be made in a directory without its owner's write bit
   * @param threads how many may write at a time
   */
  public MemoryStore(
      Map<String, Node> nodes,
      Features features,
      boolean isNew,
      boolean readOnly,
      boolean obeysModes,
      int threads) {
    this.nodes = nodes;
    this.features = features;
    this.isNew = isNew;
    this.readOnly = readOnly;
    this.obeysModes = obeysModes;
    this.threads = threads;
    nodes.putIfAbsent("", new Node(Kind.DIRECTORY, new byte[0], NOW, 0755));
  }

  /** The recorded violations, in words. */
  public List<String> violations() {
    return List.copyOf(violations);
  }

  /** Files being written or read. */
  public int open() {
    return open.get();
  }

  /** How often anything was changed. */
  public int changes() {
    return changes.get();
  }

  private void violation(String what) {
    violations.add(what);
  }

  private synchronized void use(String what, String path) {
    if (closed) {
      violation(what + " of '" + path + "' after the close");
    }
  }

  private void change(String what, String path) {
    use(what, path);
    changes.incrementAndGet();
    if (readOnly) {
      violation(what + " of '" + path + "' though it is read-only");
    }
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  /** The directory that a name is in, which must be there and be writable. */
  private Node writable(String what, String path) throws IOException {
    Node above = nodes.get(parent(path));
    if (above == null || above.kind != Kind.DIRECTORY) {
      violation(what + " of '" + path + "', but its directory is not there");
      throw new NoSuchFileException(path);
    }
    if (obeysModes && (above.mode & 0200) == 0) {
      throw new AccessDeniedException(path);
    }
    return above;
  }

  private void touch(Node directory) {
    if (features.contentsMoveDirectoryMtime()) {
      directory.mtime = NOW;
    }
  }

  private synchronized void begin(String path) {
    if (!busy.add(path)) {
      violation("two threads at '" + path + "'");
    }
    int inDirectory = running.merge(parent(path), 1, Integer::sum);
    if (inDirectory > features.operationsPerDirectory()) {
      violation(inDirectory + " writes at a time in '" + parent(path) + "'");
    }
    if (busy.size() > threads) {
      violation(busy.size() + " writes at a time by " + threads + " threads");
    }
    open.incrementAndGet();
  }

  private synchronized void end(String path) {
    busy.remove(path);
    running.merge(parent(path), -1, Integer::sum);
    open.decrementAndGet();
  }

  /** Puts something whole at a path. */
  private synchronized void put(String what, String path, Node node) throws IOException {
    Node above = writable(what, path);
    if (!written.add(path)) {
      violation("'" + path + "' written twice");
    }
    Node there = nodes.get(path);
    if (there != null && there.kind == Kind.DIRECTORY) {
      throw new FileAlreadyExistsException(path);
    }
    nodes.put(path, node);
    touch(above);
  }

  private Instant kept(Instant mtime) {
    return features.mtimeGranularity().isZero() ? mtime : mtime.truncatedTo(ChronoUnit.SECONDS);
  }

  private Metadata metadata(Node node) {
    return new Metadata(
        node.kind,
        node.size,
        node.mtime,
        features.keepsPermissions() ? node.mode : Metadata.UNKNOWN,
        Metadata.UNKNOWN,
        Metadata.UNKNOWN,
        Metadata.UNKNOWN,
        Metadata.UNKNOWN);
  }

  @Override
  public Features features() {
    return features;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public boolean isNew() {
    return isNew;
  }

  @Override
  public List<String> advice() {
    return List.of();
  }

  @Override
  public synchronized Optional<Metadata> stat(Path path) throws IOException {
    use("stat", path.toString());
    return Optional.ofNullable(nodes.get(path.toString())).map(this::metadata);
  }

  @Override
  public synchronized Listing listNames(Path directory) throws IOException {
    Listing listing = list(directory);
    if (listing.names().isPresent()) {
      return listing;
    }
    String prefix = directory.toString().isEmpty() ? "" : directory + "/";
    Set<Path> names = new HashSet<>();
    for (String path : nodes.keySet()) {
      if (path.startsWith(prefix) && !path.isEmpty() && path.indexOf('/', prefix.length()) < 0) {
        names.add(directory.getFileSystem().getPath(path.substring(prefix.length())));
      }
    }
    return Listing.ofNames(names);
  }

  @Override
  public synchronized Listing list(Path directory) throws IOException {
    use("list", directory.toString());
    Node self = nodes.get(directory.toString());
    boolean isDirectory = self != null && self.kind == Kind.DIRECTORY;
    if (!isDirectory && !features.listingShows()) {
      throw self == null
          ? new NoSuchFileException(directory.toString())
          : new NotDirectoryException(directory.toString());
    }
    if (!features.listingShows() && !features.listingBringsMetadata()) {
      return Listing.ASK;
    }
    Map<Path, ListedEntry> names = new TreeMap<>();
    String prefix = directory.toString().isEmpty() ? "" : directory + "/";
    for (Map.Entry<String, Node> entry : nodes.entrySet()) {
      String path = entry.getKey();
      if (path.startsWith(prefix) && !path.isEmpty() && path.indexOf('/', prefix.length()) < 0) {
        names.put(
            directory.getFileSystem().getPath(path.substring(prefix.length())),
            listedEntry(entry.getValue()));
      }
    }
    return features.listingShows()
        ? Listing.ofEntries(names, isDirectory ? Optional.of(listedEntry(self)) : Optional.empty())
        : Listing.ofNames(names.keySet());
  }

  private static ListedEntry listedEntry(Node node) {
    return node.kind == Kind.DIRECTORY
        ? ListedEntry.directory(Optional.empty())
        : new ListedEntry(false, node.size, Optional.empty(), Optional.empty());
  }

  @Override
  public Path nameOf(Path sourceName) {
    return sourceName;
  }

  private synchronized Node existing(Path path) throws IOException {
    Node node = nodes.get(path.toString());
    if (node == null) {
      throw new NoSuchFileException(path.toString());
    }
    return node;
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    use("read", file.toString());
    byte[] content = existing(file).content;
    open.incrementAndGet();
    return Channels.newChannel(
        new ByteArrayInputStream(content) {
          @Override
          public void close() {
            open.decrementAndGet();
          }
        });
  }

  @Override
  public StoredFile readBack(Path file) throws IOException {
    return new StoredFile(read(file), stat(file));
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    setMetadata(path, dated, EnumSet.of(Attribute.MTIME));
  }

  @Override
  public Path readLink(Path link) throws IOException {
    use("readLink", link.toString());
    return PathBytes.resolve(link.getFileSystem().getPath(""), existing(link).content);
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    String path = file.toString();
    change("write", path);
    begin(path);
    return new FileWrite() {
      private final ByteArrayOutputStream content = new ByteArrayOutputStream();
      private boolean isClosed;

      @Override
      public void write(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        content.writeBytes(bytes);
      }

      @Override
      public void commit(Metadata metadata) throws IOException {
        use("commit", path);
        put(
            "commit",
            path,
            new Node(Kind.FILE, content.toByteArray(), kept(metadata.mtime()), metadata.mode()));
      }

      @Override
      public void close() {
        if (!isClosed) {
          isClosed = true;
          end(path);
        }
      }
    };
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    String path = link.toString();
    change("writeLink", path);
    begin(path);
    try {
      put(
          "link",
          path,
          new Node(Kind.LINK, PathBytes.of(target), kept(source.mtime()), source.mode())
              .sized(source.size()));
    } finally {
      end(path);
    }
  }

  @Override
  public synchronized Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    String path = directory.toString();
    change("createDirectory", path);
    Node above = writable("createDirectory", path);
    Node there = nodes.get(path);
    if (there != null && (there.kind == Kind.DIRECTORY || existing.isEmpty())) {
      throw new FileAlreadyExistsException(path);
    }
    if (features.contentsMoveDirectoryMtime()) {
      nodes.put(path, new Node(Kind.DIRECTORY, new byte[0], NOW, 0700));
      touch(above);
      return ImmutableSet.copyOf(Attribute.values());
    }
    // As on S3FS, all metadata is set at once, except for a mode that would forbid writing into the
    // directory.
    boolean isWritable = (source.mode() & 0700) == 0700;
    int mode = isWritable ? source.mode() : source.mode() | 0700;
    nodes.put(path, new Node(Kind.DIRECTORY, new byte[0], kept(source.mtime()), mode));
    return isWritable ? ImmutableSet.of() : ImmutableSet.of(Attribute.MODE);
  }

  @Override
  public synchronized void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    change("setMetadata", path.toString());
    Node node = existing(path);
    if (attributes.contains(Attribute.MODE)) {
      node.mode = source.mode();
    }
    if (attributes.contains(Attribute.MTIME)) {
      node.mtime = kept(source.mtime());
    }
  }

  @Override
  public synchronized Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    Map<Path, IOException> failures = new HashMap<>();
    for (Path path : toDelete.keySet()) {
      change("delete", path.toString());
      String below = path + "/";
      if (nodes.keySet().stream().anyMatch(other -> other.startsWith(below))) {
        failures.put(path, new DirectoryNotEmptyException(path.toString()));
      } else {
        touch(writable("delete", path.toString()));
        nodes.remove(path.toString());
      }
    }
    return failures;
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    change("rename", to.toString());
    Node node = existing(from);
    put("rename", to.toString(), node);
    nodes.remove(from.toString());
  }

  @Override
  public void moveToOldVersions(Path directory) throws IOException {
    throw new UnsupportedOperationException("old versions are not kept");
  }

  @Override
  public void check() throws DestinationException {}

  @Override
  public synchronized void close() {
    if (closed) {
      violation("closed twice");
    }
    closed = true;
    if (open.get() != 0) {
      violation(open.get() + " files open at the close");
    }
  }
}
