package dev.mtb.store.folder;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Diagnosis;
import dev.mtb.store.Errno;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import dev.mtb.store.StoredFile;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A destination in a directory of an ordinary file system, of any {@code java.nio} provider. A file
 * is written under a temporary name beside the target and renamed when it is complete.
 */
public class FolderStore implements Store {
  protected final Path root;
  protected final DirectoryTree tree;
  final MetadataWriter metadata;
  final NameChanges names;
  private final FolderPlace place;
  private final Features features;

  /** A destination in an ordinary directory. */
  public FolderStore(FolderPlace place) {
    this(place, new MetadataWriter(place.root(), place.process()));
  }

  private FolderStore(FolderPlace place, MetadataWriter metadata) {
    this(
        place,
        ordinary(place, metadata),
        new Folders(place.isShared()),
        metadata,
        /* movesOldVersions= */ false);
  }

  /**
   * A destination with a special file system. Where a copy costs much, an old version is moved away
   * before the new one gets its name.
   */
  protected FolderStore(
      FolderPlace place,
      Features features,
      Folders folders,
      MetadataWriter metadata,
      boolean movesOldVersions) {
    this.place = place;
    this.features = features;
    this.metadata = metadata;
    root = place.root();
    tree = new DirectoryTree(root, folders, place.fsync());
    names =
        new NameChanges(
            tree,
            metadata,
            place.isShared(),
            place
                .oldVersions()
                .map(old -> new OldVersionsFolder(tree, metadata, old, movesOldVersions)));
    if (place.isNew()) {
      tree.changed(root.getParent());
    }
  }

  private static Features ordinary(FolderPlace place, MetadataWriter metadata) {
    // A temporary file would change the directory's mtime, which another shard may have set.
    PlaceProbe probe = PlaceProbe.of(place.root(), place.readOnly() || place.isShared());
    return new Features(
        /* listingBringsMetadata= */ false,
        /* contentsMoveDirectoryMtime= */ true,
        // A local file system handles all threads at once.
        /* operationsPerDirectory= */ Integer.MAX_VALUE,
        probe.mtimes(),
        /* earliestMtime= */ Instant.MIN,
        /* keepsRootMetadata= */ true,
        metadata.keepsPermissions(),
        metadata.keepsOwner(),
        /* listedForOne= */ 1,
        /* listingShows= */ false,
        /* retriesItself= */ false,
        /* missesAfterErrors= */ false,
        probe.names());
  }

  @Override
  public Features features() {
    return features;
  }

  @Override
  public String name() {
    return root.toString();
  }

  @Override
  public boolean isNew() {
    return place.isNew();
  }

  @Override
  public Path nameOf(Path sourceName) {
    return tree.nameOf(sourceName);
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    try {
      return Optional.of(Metadata.of(tree.at(path)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Reads all names to find temporary files, and does not keep the others. */
  @Override
  public Listing list(Path directory) throws IOException {
    List<Path> stale = new ArrayList<>();
    eachName(
        directory,
        name -> {
          if (TemporaryNames.isTemporary(name)) {
            stale.add(name);
          }
        });
    return Listing.ask(stale);
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    List<Path> names = new ArrayList<>();
    eachName(directory, names::add);
    return Listing.ofNames(names);
  }

  private void eachName(Path directory, Consumer<Path> visitor) throws IOException {
    try (Folder folder = tree.folders.scan(tree.at(directory), root)) {
      Iterator<Path> children = folder.names();
      while (children.hasNext()) {
        visitor.accept(children.next().getFileName());
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  @Override
  public void deleteStale(Path directory, Listing listing) throws IOException {
    Path at = tree.at(directory);
    try (Folder folder = tree.folders.open(at, root)) {
      for (Path name : listing.stale().keySet()) {
        Path file = at.resolve(name);
        if (TemporaryNames.isAbandoned(name, () -> Metadata.of(file).mtime(), Instant.now())) {
          folder.deleteIfExists(name);
        }
      }
    }
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return NoFollow.open(tree.at(file));
  }

  @Override
  public StoredFile readBack(Path file) throws IOException {
    ReadableByteChannel content = read(file);
    try {
      return new StoredFile(content, Optional.of(Metadata.of(tree.at(file))));
    } catch (IOException e) {
      content.close();
      throw e;
    }
  }

  @Override
  public Path readLink(Path link) throws IOException {
    return Files.readSymbolicLink(tree.at(link));
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    return new WriteBeside(
        this, tree.at(file), source, existing.isPresent(), /* keepHoles= */ true);
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    Path path = tree.at(link);
    Path local =
        target.getFileSystem() == root.getFileSystem()
            ? target
            : root.getFileSystem().getPath(PathBytes.toText(target));
    AttributeSetter setter = new AttributeSetter();
    try (Folder folder = tree.folderOf(path)) {
      if (existing.isEmpty() && !folder.isHeld()) {
        Files.createSymbolicLink(path, local);
        tree.changed(folder.path());
        metadata.setOfNewLink(setter, path, source);
        setter.check();
        return;
      }
      Path temporary = path.resolveSibling(TemporaryNames.next());
      tree.checkWay(folder);
      Files.createSymbolicLink(temporary, local);
      try {
        metadata.setOfNewLink(setter, temporary, source);
        names.publish(folder, temporary.getFileName(), path.getFileName(), existing.isPresent());
      } catch (IOException e) {
        DirectoryTree.deleteAfter(e, temporary);
        throw e;
      }
    }
    setter.check();
  }

  /** Closes a file whose content is complete and sets its metadata. */
  protected void finish(
      SeekableByteChannel channel, NewFile temporary, Metadata source, AttributeSetter setter)
      throws IOException {
    try (channel) {
      if (place.fsync() && channel instanceof FileChannel file) {
        file.force(true);
      }
    }
    metadata.setOfNewFile(tree, temporary, source, setter);
  }

  @Override
  public void sync() throws IOException {
    tree.sync();
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Path path = tree.at(to);
    Optional<Metadata> source =
        metadata.keepsPermissions() ? Optional.empty() : Optional.of(Metadata.of(tree.at(from)));
    try (Folder folder = tree.folderOf(path)) {
      folder.rename(tree.at(from).getFileName(), path.getFileName());
      tree.changed(folder.path());
    }
    if (source.isPresent()) {
      metadata.setAfterRename(path, source.get());
    }
  }

  @Override
  public void moveToOldVersions(Path directory) throws IOException {
    names.moveToOldVersions(tree.at(directory));
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    Map<Path, IOException> failures = new LinkedHashMap<>();
    for (Map.Entry<Path, Kind> one : toDelete.entrySet()) {
      try {
        delete(tree.at(one.getKey()), one.getValue());
      } catch (DestinationException e) {
        throw e;
      } catch (NoSuchFileException e) {
        // It is gone already.
      } catch (IOException e) {
        failures.put(one.getKey(), e);
      }
    }
    return failures;
  }

  /** Deletes one entry, or moves it to the place of old versions. */
  protected void delete(Path path, Kind kind) throws IOException {
    try (Folder folder = tree.folderOf(path)) {
      names.remove(folder, path.getFileName(), kind);
    }
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    Optional<Metadata> made =
        names.makeDirectory(tree.at(directory), existing, source.mode() | 0700);
    return metadata.remainingAfterCreation(source, made);
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    Path file = tree.at(path);
    Optional<FileTime> accessTime =
        file.equals(root) ? Optional.empty() : tree.folders.check(file, root, source.kind());
    AttributeSetter setter = new AttributeSetter();
    metadata.set(file, source, attributes, accessTime, setter);
    if (source.kind() == Kind.DIRECTORY) {
      // Most often everything in it is done. If not, new entries may get another group from now on.
      tree.folders.release(file);
    }
    setter.check();
  }

  @Override
  public Diagnosis diagnose(IOException failure) throws DestinationException {
    check();
    checkWritable(failure);
    return Diagnosis.of(failure);
  }

  /**
   * Fails if the file system is read-only. The table of mounts tells it; a message may be in any
   * language.
   */
  protected final void checkWritable(IOException failure) throws DestinationException {
    Optional<Errno> errno = Errno.of(Diagnosis.root(failure));
    if (place.readOnly() || (errno.isPresent() && errno.get() != Errno.EROFS)) {
      return;
    }
    boolean isReadOnly;
    try {
      isReadOnly = Files.getFileStore(root).isReadOnly();
    } catch (IOException | UnsupportedOperationException e) {
      // The table does not show it, so the failure is handled like others.
      return;
    }
    if (isReadOnly) {
      throw new DestinationException(
          "the destination " + root + " cannot be written to: " + Errno.EROFS.remedy(false),
          failure);
    }
  }

  @Override
  public void check() throws DestinationException {
    boolean isThere;
    try {
      isThere = Metadata.following(root).kind() == Kind.DIRECTORY;
    } catch (NoSuchFileException | NotDirectoryException e) {
      isThere = false;
    } catch (IOException e) {
      if (Errno.of(e).equals(Optional.of(Errno.ENOTCONN))) {
        throw new DestinationException(
            "the destination " + root + " does not answer: " + Errno.ENOTCONN.remedy(false), e);
      }
      // The failure may be transient.
      return;
    }
    if (!isThere) {
      throw new DestinationException(
          "the destination "
              + root
              + " is gone: it was removed or unmounted while MTB wrote to it");
    }
  }

  @Override
  public void close() throws IOException {
    tree.close();
  }
}
