package dev.mtb.store;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A destination in front of another that is used no faster than a {@link Throttle} allows.
 * Thread-safe like the other.
 */
final class LimitedDestination extends ForwardingDestination {
  private final Throttle throttle;

  LimitedDestination(Destination real, Throttle throttle) {
    super(real);
    this.throttle = throttle;
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    throttle.operation();
    return real.stat(path);
  }

  @Override
  public Listing list(Path directory) throws IOException {
    throttle.operation();
    return real.list(directory);
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    throttle.operation();
    return real.listNames(directory);
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> doomed) throws IOException {
    throttle.operation();
    return real.delete(doomed);
  }

  @Override
  public Optional<Metadata> look(Path path, ListedEntry glance) throws IOException {
    throttle.operation();
    return real.look(path, glance);
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    throttle.operation();
    return real.read(file);
  }

  @Override
  public StoredFile readBack(Path file) throws IOException {
    throttle.operation();
    return real.readBack(file);
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    throttle.operation();
    real.distrust(path, dated);
  }

  @Override
  public Path readLink(Path link) throws IOException {
    throttle.operation();
    return real.readLink(link);
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    throttle.operation();
    return new LimitedWrite(real.write(file, source, existing));
  }

  /** What reads the source by itself could not be held up here. */
  @Override
  public Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) {
    return Optional.empty();
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    throttle.operation();
    real.writeLink(link, target, source, existing);
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    throttle.operation();
    return real.createDirectory(directory, source, existing);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    throttle.operation();
    real.rename(from, to);
  }

  @Override
  public void putAside(Path directory) throws IOException {
    throttle.operation();
    real.putAside(directory);
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    throttle.operation();
    real.setMetadata(path, source, attributes);
  }

  /** Waits before it writes: a buffer whole, since a long run of zeros is seen only as that. */
  private final class LimitedWrite implements FileWrite {
    private final FileWrite write;

    LimitedWrite(FileWrite write) {
      this.write = write;
    }

    @Override
    public void write(ByteBuffer content) throws IOException {
      throttle.takeAll(content.remaining());
      write.write(content);
    }

    @Override
    public void commit(Metadata source) throws IOException {
      write.commit(source);
    }

    @Override
    public void close() throws IOException {
      write.close();
    }
  }
}
