package dev.mtb.testing;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import dev.mtb.store.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A destination in front of another that can fail before any operation. Thread-safe. */
public final class FaultyStore extends ForwardingStore {
  /** The operations that can fail. */
  public enum Operation {
    STAT,
    LIST,
    READ,
    WRITE,
    CONTENT,
    COMMIT,
    LINK,
    MKDIR,
    DELETE,
    METADATA
  }

  /** Decides what fails, and how. */
  @FunctionalInterface
  public interface Fault {
    /** Throws, blocks, or does nothing. */
    void before(Operation operation, Path path) throws IOException;
  }

  /** Silently stores other content than was written. */
  @FunctionalInterface
  public interface Spoiler {
    /** Stores everything unchanged. */
    Spoiler NONE = (file, content) -> content;

    /** Returns what is stored, in place of a piece of a file's content. */
    ByteBuffer spoil(Path file, ByteBuffer content);
  }

  private final Fault fault;
  private final Spoiler spoiler;

  public FaultyStore(Store real, Fault fault) {
    this(real, fault, Spoiler.NONE);
  }

  public FaultyStore(Store real, Fault fault, Spoiler spoiler) {
    super(real);
    this.fault = fault;
    this.spoiler = spoiler;
  }

  @Override
  public String name() {
    return "faulty " + real.name();
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    fault.before(Operation.STAT, path);
    return real.stat(path);
  }

  @Override
  public Optional<Metadata> look(Path path, ListedEntry listedEntry) throws IOException {
    fault.before(Operation.STAT, path);
    return real.look(path, listedEntry);
  }

  @Override
  public Listing list(Path directory) throws IOException {
    fault.before(Operation.LIST, directory);
    return real.list(directory);
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    fault.before(Operation.LIST, directory);
    return real.listNames(directory);
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    for (Path path : toDelete.keySet()) {
      fault.before(Operation.DELETE, path);
    }
    return real.delete(toDelete);
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    fault.before(Operation.READ, file);
    return real.read(file);
  }

  @Override
  public StoredFile readBack(Path file) throws IOException {
    fault.before(Operation.READ, file);
    return real.readBack(file);
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    fault.before(Operation.METADATA, path);
    real.distrust(path, dated);
  }

  @Override
  public Path readLink(Path link) throws IOException {
    fault.before(Operation.READ, link);
    return real.readLink(link);
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    fault.before(Operation.WRITE, file);
    FileWrite write = real.write(file, source, existing);
    return new FileWrite() {
      @Override
      public void write(ByteBuffer content) throws IOException {
        fault.before(Operation.CONTENT, file);
        write.write(spoiler.spoil(file, content));
      }

      @Override
      public void commit(Metadata metadata) throws IOException {
        fault.before(Operation.COMMIT, file);
        write.commit(metadata);
      }

      @Override
      public void close() throws IOException {
        write.close();
      }
    };
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    fault.before(Operation.LINK, link);
    real.writeLink(link, target, source, existing);
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    fault.before(Operation.MKDIR, directory);
    return real.createDirectory(directory, source, existing);
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    fault.before(Operation.METADATA, path);
    real.setMetadata(path, source, attributes);
  }
}
