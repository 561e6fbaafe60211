package dev.mtb.testing;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.Content;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Diagnosis;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.Recollection;
import dev.mtb.store.RequestLimit;
import dev.mtb.store.Store;
import dev.mtb.store.StoredFile;
import dev.mtb.store.Throttle;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A store that forwards all calls to another store, as a base for test stores that change some of
 * them. Thread-safe like the other store, which is closed with it.
 *
 * <p>{@link #statListed} is not forwarded: it calls {@link #stat} of this store.
 */
public abstract class ForwardingStore implements Store {
  /** The store that calls are forwarded to. */
  protected final Store real;

  /**
   * Makes a store.
   *
   * @param real gets all calls
   */
  protected ForwardingStore(Store real) {
    this.real = real;
  }

  @Override
  public Features features() {
    return real.features();
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public boolean isNew() {
    return real.isNew();
  }

  @Override
  public List<String> advice() {
    return real.advice();
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    return real.stat(path);
  }

  @Override
  public Listing list(Path directory) throws IOException {
    return real.list(directory);
  }

  @Override
  public void deleteStale(Path directory, Listing listing) throws IOException {
    real.deleteStale(directory, listing);
  }

  @Override
  public boolean limit(Throttle throttle) {
    return real.limit(throttle);
  }

  @Override
  public Optional<RequestLimit> requestLimit() {
    return real.requestLimit();
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    return real.listNames(directory);
  }

  @Override
  public Optional<Metadata> look(Path path, ListedEntry listedEntry) throws IOException {
    return real.look(path, listedEntry);
  }

  @Override
  public Recollection recall(Path path, ListedEntry listedEntry, Metadata source) {
    return real.recall(path, listedEntry, source);
  }

  @Override
  public void confirm(Path path, ListedEntry listedEntry, Metadata source) {
    real.confirm(path, listedEntry, source);
  }

  @Override
  public Optional<Boolean> tagsAreDigests() {
    return real.tagsAreDigests();
  }

  @Override
  public long hashedInsteadOfLook() {
    return real.hashedInsteadOfLook();
  }

  @Override
  public Path nameOf(Path sourceName) {
    return real.nameOf(sourceName);
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return real.read(file);
  }

  @Override
  public StoredFile readBack(Path file) throws IOException {
    return real.readBack(file);
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    real.distrust(path, dated);
  }

  @Override
  public Path readLink(Path link) throws IOException {
    return real.readLink(link);
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    return real.write(file, source, existing);
  }

  @Override
  public Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) throws IOException {
    return real.upload(file, source, existing, content);
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    real.writeLink(link, target, source, existing);
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    return real.createDirectory(directory, source, existing);
  }

  @Override
  public int deletedAtOnce() {
    return real.deletedAtOnce();
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    return real.delete(toDelete);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    real.rename(from, to);
  }

  @Override
  public void moveToOldVersions(Path directory) throws IOException {
    real.moveToOldVersions(directory);
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    real.setMetadata(path, source, attributes);
  }

  @Override
  public Diagnosis diagnose(IOException failure) throws DestinationException {
    return real.diagnose(failure);
  }

  @Override
  public void sync() throws IOException {
    real.sync();
  }

  @Override
  public void check() throws DestinationException {
    real.check();
  }

  @Override
  public void close() throws IOException {
    real.close();
  }
}
