package dev.mtb.store;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.mtb.model.Attribute;
import dev.mtb.model.Metadata;
import dev.mtb.options.KeptAttributes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Sets only some of the attributes that sources have. Thread-safe like the one behind it. */
public final class SelectiveDestination extends ForwardingDestination {
  private final KeptAttributes kept;
  private final ImmutableSet<Attribute> wanted;

  /**
   * Puts itself in front of another.
   *
   * @param real the other
   * @param kept what is set
   */
  public SelectiveDestination(Destination real, KeptAttributes kept) {
    super(real);
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

  @Override
  public Recollection recall(Path path, ListedEntry glance, Metadata source) {
    return real.recall(path, glance, kept.of(source));
  }

  @Override
  public void confirm(Path path, ListedEntry glance, Metadata source) {
    real.confirm(path, glance, kept.of(source));
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    return new Selective(real.write(file, kept.of(source), existing));
  }

  @Override
  public Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) throws IOException {
    return real.upload(file, kept.of(source), existing, content).map(Selective::new);
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    real.writeLink(link, target, kept.of(source), existing);
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    Set<Attribute> remaining = real.createDirectory(directory, kept.of(source), existing);
    return ImmutableSet.copyOf(Sets.intersection(remaining, wanted));
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    Set<Attribute> set = Sets.intersection(attributes, wanted);
    if (!set.isEmpty()) {
      real.setMetadata(path, kept.of(source), ImmutableSet.copyOf(set));
    }
  }

  /** A write that sets only what is wanted. */
  private final class Selective implements FileWrite {
    private final FileWrite write;

    Selective(FileWrite write) {
      this.write = write;
    }

    @Override
    public void write(ByteBuffer content) throws IOException {
      write.write(content);
    }

    @Override
    public void commit(Metadata source) throws IOException {
      write.commit(kept.of(source));
    }

    @Override
    public void close() throws IOException {
      write.close();
    }
  }
}
