package dev.mtb.store.folder;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A directory that is held open, and what was found out about it. Thread-safe. */
final class OpenDirectory implements Closeable {
  /** Marks a directory in the key of {@link #made}: a bit above the twelve bits of a mode. */
  private static final int DIRECTORY = 1 << 16;

  /** The bit by which new entries get the group of the directory. */
  private static final int SET_GROUP = 02000;

  private final SecureDirectoryStream<Path> stream;

  /** The metadata when this process made it; empty if it existed before. */
  private final Optional<Metadata> asMade;

  /** The file key. It never changes while the directory is open. Null before it is asked for. */
  private volatile Object key;

  /** The metadata that new files and directories got, by the mode they were made with. */
  private final Map<Integer, Metadata> made;

  private final boolean isShared;

  /**
   * A directory that existed before.
   *
   * @param isShared whether other processes may change what new entries in it get
   */
  OpenDirectory(SecureDirectoryStream<Path> stream, boolean isShared) {
    this(stream, isShared, Optional.empty(), new ConcurrentHashMap<>());
  }

  private OpenDirectory(
      SecureDirectoryStream<Path> stream,
      boolean isShared,
      Optional<Metadata> asMade,
      Map<Integer, Metadata> made) {
    this.stream = stream;
    this.isShared = isShared;
    this.asMade = asMade;
    this.made = made;
  }

  /**
   * A directory that this process has just made in this one. If it has made both, new entries get
   * the same metadata in both, since the inner one has inherited the default ACL.
   */
  OpenDirectory withNew(SecureDirectoryStream<Path> child, Metadata childAsMade) {
    boolean isAlike =
        asMade.isPresent()
            && asMade.get().gid() == childAsMade.gid()
            && ((asMade.get().mode() ^ childAsMade.mode()) & SET_GROUP) == 0;
    return new OpenDirectory(
        child, isShared, Optional.of(childAsMade), isAlike ? made : new ConcurrentHashMap<>());
  }

  SecureDirectoryStream<Path> stream() {
    return stream;
  }

  /** The attributes of the directory itself. */
  BasicFileAttributes look() throws IOException {
    BasicFileAttributes own =
        stream.getFileAttributeView(BasicFileAttributeView.class).readAttributes();
    key = own.fileKey();
    return own;
  }

  /** The key that identifies the directory. */
  Object key() throws IOException {
    Object known = key;
    return known != null ? known : look().fileKey();
  }

  /**
   * The metadata of new entries that were made in it with a mode. Their owner and mode follow from
   * the process and the directory: its group, its set-group-ID bit, its default ACL.
   */
  Optional<Metadata> made(Kind kind, int mode) {
    return Optional.ofNullable(made.get(number(kind, mode)));
  }

  /** Notes the metadata of a new entry, unless the next one may get other metadata. */
  void noteMade(Kind kind, int mode, Metadata metadata) {
    if (!isShared) {
      made.put(number(kind, mode), metadata);
    }
  }

  private static int number(Kind kind, int mode) {
    return kind == Kind.DIRECTORY ? mode ^ DIRECTORY : mode;
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
