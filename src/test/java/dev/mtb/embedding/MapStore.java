package dev.mtb.embedding;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A store in memory, written as an embedder would: it uses only public types, and implements only
 * the methods without a default.
 */
final class MapStore implements Store {
  private static final Metadata ROOT =
      new Metadata(Kind.DIRECTORY, 0, Instant.EPOCH, 0755, 0, 0, -1, -1);

  private static final class Node {
    private final Metadata metadata;
    private final byte[] content;

    Node(Metadata metadata, byte[] content) {
      this.metadata = metadata;
      this.content = content;
    }

    Metadata metadata() {
      return metadata;
    }

    byte[] content() {
      return content;
    }
  }

  /** By path; guarded by this. */
  private final TreeMap<String, Node> nodes =
      new TreeMap<>(Map.of("", new Node(ROOT, new byte[0])));

  private static String key(Path path) {
    return PathBytes.toText(path).replace(path.getFileSystem().getSeparator(), "/");
  }

  /** The names in the root, temporary files too. */
  synchronized List<String> names() {
    return nodes.keySet().stream().filter(k -> !k.isEmpty() && !k.contains("/")).toList();
  }

  /** Puts a file into the store without a run. */
  synchronized void plant(String name, Instant mtime) {
    byte[] content = "content".getBytes(UTF_8);
    nodes.put(
        name,
        new Node(new Metadata(Kind.FILE, content.length, mtime, 0644, 0, 0, -1, -1), content));
  }

  @Override
  public String name() {
    return "a map";
  }

  @Override
  public Features features() {
    return Features.PLAIN;
  }

  @Override
  public synchronized Optional<Metadata> stat(Path path) {
    return Optional.ofNullable(nodes.get(key(path))).map(Node::metadata);
  }

  private Node node(Path path) throws NoSuchFileException {
    Node node = nodes.get(key(path));
    if (node == null) {
      throw new NoSuchFileException(key(path));
    }
    return node;
  }

  @Override
  public synchronized Listing list(Path directory) throws IOException {
    if (node(directory).metadata().kind() != Kind.DIRECTORY) {
      throw new NotDirectoryException(key(directory));
    }
    String prefix = key(directory).isEmpty() ? "" : key(directory) + "/";
    List<Path> names = new ArrayList<>();
    for (String key : nodes.tailMap(prefix, false).keySet()) {
      if (!key.startsWith(prefix)) {
        break;
      }
      if (key.indexOf('/', prefix.length()) < 0) {
        names.add(PathBytes.parse(key.substring(prefix.length())));
      }
    }
    return Listing.ofNames(names);
  }

  @Override
  public synchronized ReadableByteChannel read(Path file) throws IOException {
    Node node = node(file);
    if (node.metadata().kind() != Kind.FILE) {
      throw new IOException("no file: " + key(file));
    }
    return Channels.newChannel(new ByteArrayInputStream(node.content()));
  }

  @Override
  public synchronized Path readLink(Path link) throws IOException {
    Node node = node(link);
    if (node.metadata().kind() != Kind.LINK) {
      throw new NotLinkException(key(link));
    }
    return PathBytes.exactly(node.content()).orElseThrow();
  }

  private synchronized void put(Path path, Metadata source, byte[] content) throws IOException {
    String key = key(path);
    int slash = key.lastIndexOf('/');
    Node parent = nodes.get(slash < 0 ? "" : key.substring(0, slash));
    if (parent == null || parent.metadata().kind() != Kind.DIRECTORY) {
      throw new NoSuchFileException(key);
    }
    Node old = nodes.get(key);
    if (old != null && old.metadata().kind() == Kind.DIRECTORY) {
      throw new FileAlreadyExistsException(key);
    }
    nodes.put(key, new Node(kept(source, content.length), content));
  }

  private static Metadata kept(Metadata source, long size) {
    Instant mtime = source.mtime().equals(Metadata.UNKNOWN_TIME) ? Instant.EPOCH : source.mtime();
    return new Metadata(
        source.kind(), size, mtime, source.mode(), source.uid(), source.gid(), -1, -1);
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    return new FileWrite() {
      @Override
      public void write(ByteBuffer piece) {
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        content.writeBytes(bytes);
      }

      @Override
      public void commit(Metadata committed) throws IOException {
        put(file, committed, content.toByteArray());
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    put(link, source, PathBytes.of(target));
  }

  @Override
  public synchronized Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    if (existing.isPresent() && existing.get().kind() != Kind.DIRECTORY) {
      nodes.remove(key(directory));
    }
    put(directory, source, new byte[0]);
    return EnumSet.noneOf(Attribute.class);
  }

  @Override
  public synchronized Map<Path, IOException> delete(Map<Path, Kind> toDelete) {
    Map<Path, IOException> failures = new HashMap<>();
    for (Path path : toDelete.keySet()) {
      String next = nodes.higherKey(key(path) + "/");
      if (next != null && next.startsWith(key(path) + "/")) {
        failures.put(path, new DirectoryNotEmptyException(key(path)));
      } else {
        nodes.remove(key(path));
      }
    }
    return failures;
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    Node node = node(from);
    nodes.remove(key(from));
    nodes.put(key(to), node);
  }

  @Override
  public synchronized void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    Node node = node(path);
    Metadata old = node.metadata();
    boolean owner = attributes.contains(Attribute.OWNER);
    Metadata now =
        new Metadata(
            old.kind(),
            old.size(),
            attributes.contains(Attribute.MTIME) ? source.mtime() : old.mtime(),
            attributes.contains(Attribute.MODE) ? source.mode() : old.mode(),
            owner ? source.uid() : old.uid(),
            owner ? source.gid() : old.gid(),
            -1,
            -1);
    nodes.put(key(path), new Node(now, node.content()));
  }

  @Override
  public void close() {}
}
