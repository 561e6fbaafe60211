package dev.mtb.store;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A place that a backup is written to, and can be read from. Thread-safe, except that one path must
 * not be changed by two threads at once.
 *
 * <p>All paths are relative to it; the empty path is the store itself. They may come from another
 * file system. Symbolic links in the last name are never followed.
 *
 * <p>Every method throws {@link DestinationException} when the place as a whole is lost, and any
 * other {@link IOException} when only this operation failed.
 *
 * <p>A store of your own has the methods without a default, and those whose default costs more than
 * it has to; {@code StoreContract} in MTB's tests checks it.
 */
public interface Store extends Tree {
  /**
   * A caller that starts to write a file shorter than this holds all of its content, so that the
   * source cannot fail between the first and the last byte. In bytes: two requests of a FUSE kernel
   * module (128 KiB each). Multiplied by {@code threads} this is still little memory.
   */
  int SMALL_FILE = 256 * 1024;

  /**
   * What this store can do, and how it behaves.
   *
   * @return always the same
   */
  Features features();

  /**
   * Whether it was made when it was opened, so that nothing can be in it that this run did not put
   * there.
   *
   * @return always the same; false by default, so that everything is compared
   */
  default boolean isNew() {
    return false;
  }

  /**
   * How this place could be set up so that the same work costs less. Takes some milliseconds.
   *
   * @return a sentence for each thing to change
   */
  default List<String> advice() {
    return List.of();
  }

  /**
   * Looks at one path.
   *
   * @param path what to look at
   * @return empty if nothing is there
   * @throws IOException if that cannot be told
   */
  Optional<Metadata> stat(Path path) throws IOException;

  /**
   * Looks at a name that a listing has just shown.
   *
   * @param path what to look at
   * @return its metadata. If the name is not found, that is a failure: on S3FS it may exist
   * @throws IOException if it cannot be looked at
   */
  default Metadata statListed(Path path) throws IOException {
    return stat(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
  }

  /**
   * Lists a directory. A listing is never partial.
   *
   * @param directory which
   * @return its names; {@link Listing#ask} where each name is better asked for
   * @throws IOException if that cannot be told
   */
  Listing list(Path directory) throws IOException;

  /**
   * Lists a directory as {@link #list} does, and always tells all names, even if that costs much.
   *
   * @param directory which
   * @return its names
   * @throws IOException if they cannot be told
   */
  default Listing listNames(Path directory) throws IOException {
    return list(directory);
  }

  /**
   * Deletes temporary files that a killed run left in a directory, and none that a running process
   * may still write.
   *
   * @param directory which
   * @param listing of it, which has shown some
   * @throws IOException if they cannot be deleted
   */
  default void deleteStale(Path directory, Listing listing) throws IOException {
    for (Path name : listing.stale().keySet()) {
      Path file = directory.resolve(name);
      if (TemporaryNames.isAbandoned(name, () -> statListed(file).mtime(), Instant.now())) {
        for (IOException failure : delete(Map.of(file, Kind.FILE)).values()) {
          throw failure;
        }
      }
    }
  }

  /**
   * Looks at something that a listing told of.
   *
   * @param path what to look at
   * @param listedEntry what the listing told
   * @return empty if it is gone
   * @throws IOException if that cannot be told
   */
  default Optional<Metadata> look(Path path, ListedEntry listedEntry) throws IOException {
    return stat(path);
  }

  /**
   * What is remembered of an object that a listing told of.
   *
   * @param path what
   * @param listedEntry what the listing told
   * @param source as it is now
   * @return {@link Recollection#NONE} where nothing is ever remembered
   */
  default Recollection recall(Path path, ListedEntry listedEntry, Metadata source) {
    return Recollection.NONE;
  }

  /**
   * Remembers that an object was compared, and has the content and metadata of its source.
   *
   * @param path what
   * @param listedEntry what the listing told
   * @param source what it was compared with
   */
  default void confirm(Path path, ListedEntry listedEntry, Metadata source) {}

  /**
   * Whether a {@link ContentTag} that is not that of a content proves the contents different.
   *
   * @return false where the server encrypts in such a way that tags say nothing; empty until a
   *     {@link #look} has shown it
   */
  default Optional<Boolean> tagsAreDigests() {
    return Optional.of(true);
  }

  /**
   * Up to which size hashing a file of the source is cheaper than a {@link #look}.
   *
   * @return in bytes
   */
  default long hashedInsteadOfLook() {
    return 0;
  }

  /**
   * Turns a name of the source into one that {@link Listing#mayHold} understands.
   *
   * @param sourceName a single name
   * @return the same for this destination
   */
  default Path nameOf(Path sourceName) {
    return sourceName.getFileSystem() == FileSystems.getDefault()
        ? sourceName
        : PathBytes.resolve(Path.of(""), PathBytes.of(sourceName));
  }

  /**
   * Opens a file for reading.
   *
   * @param file which
   * @return a channel
   * @throws IOException if it cannot be opened, or is a link
   */
  ReadableByteChannel read(Path file) throws IOException;

  /**
   * Opens a file that was just written, to check it. If possible, the content comes from where it
   * is stored and not from a cache. May wait until that is possible.
   *
   * @param file which
   * @return its content, and its metadata where that costs no request
   * @throws IOException if it cannot be opened, or is a link
   */
  default StoredFile readBack(Path file) throws IOException {
    return new StoredFile(read(file), stat(file));
  }

  /**
   * Marks a copy that was wrong when it was read back, so that no later run takes it for right:
   * gives it another mtime, and drops what is remembered of it.
   *
   * @param path a file or link
   * @param dated metadata with the mtime that marks it
   * @throws IOException if it could not be set
   */
  default void distrust(Path path, Metadata dated) throws IOException {
    setMetadata(path, dated, EnumSet.of(Attribute.MTIME));
  }

  /**
   * Reads a symbolic link.
   *
   * @param link which
   * @return its target
   * @throws IOException if it cannot be read
   */
  Path readLink(Path link) throws IOException;

  /**
   * Starts to write a file. Only a complete file ever replaces an existing one.
   *
   * @param file which
   * @param source what will be written: its size and mode matter here
   * @param existing what is there, as the comparison saw it; not a directory. A store that can tell
   *     refuses to write over anything else ({@link Metadata#version})
   * @return takes the content; must be closed
   * @throws IOException if it cannot be started; what was there still is
   */
  FileWrite write(Path file, Metadata source, Optional<Metadata> existing) throws IOException;

  /**
   * Uploads a file of at least {@link #SMALL_FILE} bytes from where it is, instead of being given
   * its content by {@link #write}. The caller makes sure before {@link FileWrite#commit} that it
   * has not changed; nothing is replaced before.
   *
   * @param file which
   * @param source its metadata
   * @param existing what is there, as the comparison saw it; not a directory
   * @param content of the source
   * @return to be committed, or closed; empty if this destination wants the content given
   * @throws IOException if it cannot be uploaded; what was there still is
   */
  default Optional<FileWrite> upload(
      Path file, Metadata source, Optional<Metadata> existing, Content content) throws IOException {
    return Optional.empty();
  }

  /**
   * Makes a symbolic link, in the place of what is there.
   *
   * @param link which
   * @param target what it leads to
   * @param source its metadata
   * @param existing what is there, as the comparison saw it; not a directory
   * @throws AttributesException if it is made, and only some of its metadata is not set
   * @throws IOException if it cannot be made
   */
  void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException;

  /**
   * Makes a directory whose parent exists. Its owner can write to it, even if the mode of the
   * source forbids that.
   *
   * @param directory which
   * @param source its mode and owner
   * @param existing what is there, as the comparison saw it: if that is not a directory it is
   *     deleted first
   * @return what is still to be set when its contents are done
   * @throws IOException if it cannot be made
   */
  Set<Attribute> createDirectory(Path directory, Metadata source, Optional<Metadata> existing)
      throws IOException;

  /**
   * The number of items that one {@link #delete} deletes at the cost of one.
   *
   * @return at least 1
   */
  default int deletedAtOnce() {
    return 1;
  }

  /**
   * Deletes files, links and empty directories, none of which is in another. An item that does not
   * exist counts as deleted. Where old versions are kept, files and links are moved there, except
   * for temporary files.
   *
   * @param toDelete what to delete, and what it is; a link may be called a file. At most {@link
   *     #deletedAtOnce}
   * @return what could not be deleted, and why
   * @throws IOException if nothing is known of any of them
   */
  Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException;

  /**
   * Gives a complete file or link its name. Nothing with this name exists any more.
   *
   * @param from a temporary name in the same directory
   * @param to the name
   * @throws IOException if it could not be renamed
   */
  void rename(Path from, Path to) throws IOException;

  /**
   * Moves a directory with all that is in it to where old versions are kept.
   *
   * @param directory which
   * @throws IOException if not all of it is there now; the rest is where it was
   */
  default void moveToOldVersions(Path directory) throws IOException {
    throw new RefusedException("old versions are not kept here");
  }

  /**
   * Sets metadata, without touching content.
   *
   * @param path a file, directory or link
   * @param source what to set
   * @param attributes which of it
   * @throws AttributesException if some could not be set, and all others are
   * @throws ContentNeededException if the file has to be written again for that
   * @throws IOException if none could be set
   */
  void setMetadata(Path path, Metadata source, Set<Attribute> attributes) throws IOException;

  /**
   * Explains a failure of an operation of this destination.
   *
   * @param failure as it was thrown
   * @return what to do about it
   * @throws DestinationException if the place as a whole is lost
   */
  default Diagnosis diagnose(IOException failure) throws DestinationException {
    check();
    return Diagnosis.of(failure);
  }

  /**
   * Makes sure that everything that was done survives a crash of the machine, if the job asks for
   * that. Changes that other threads make during the call may not be included.
   *
   * @throws IOException if some of it may not survive
   */
  default void sync() throws IOException {}

  // Reading, as a tree

  @Override
  default Path root() {
    return Path.of("");
  }

  @Override
  default TreeEntry entry(Path path) {
    return new StoreEntry(this, path, Optional.empty());
  }

  @Override
  default MtimePrecision mtimes() {
    return features().mtimes();
  }

  @Override
  default boolean hasRootMetadata() {
    return features().keepsRootMetadata();
  }
}
