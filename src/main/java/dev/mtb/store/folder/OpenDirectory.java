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
  /** Stands beside the mode of a directory; a mode has twelve bits. */
  private static final int DIRECTORY = 1 << 16;

  /** The bit that gives a directory's own group to what is made in it. */
  private static final int SET_GROUP = 02000;

  private final SecureDirectoryStream<Path> stream;

  /** What it was like when this process made it; empty if it was there before. */
  private final Optional<Metadata> asMade;

  /** It never changes while the directory is open. Null if it was not asked yet. */
  private volatile Object key;

  /** What new files and directories turned out to be like, by the mode they were made with. */
  private final Map<Integer, Metadata> made;

  /** One that was there before. */
  OpenDirectory(SecureDirectoryStream<Path> stream) {
    this(stream, Optional.empty(), new ConcurrentHashMap<>());
  }

  private OpenDirectory(
      SecureDirectoryStream<Path> stream, Optional<Metadata> asMade, Map<Integer, Metadata> made) {
    this.stream = stream;
    this.asMade = asMade;
    this.made = made;
  }

  /**
   * A directory that this process has just made in this one. If it has made both, what is made in
   * the one turns out like what is made in the other: it has inherited the default ACL.
   */
  OpenDirectory withNew(SecureDirectoryStream<Path> child, Metadata childAsMade) {
    boolean isAlike =
        asMade.isPresent()
            && asMade.get().gid() == childAsMade.gid()
            && ((asMade.get().mode() ^ childAsMade.mode()) & SET_GROUP) == 0;
    return new OpenDirectory(
        child, Optional.of(childAsMade), isAlike ? made : new ConcurrentHashMap<>());
  }

  SecureDirectoryStream<Path> stream() {
    return stream;
  }

  /** What the directory itself is like. */
  BasicFileAttributes look() throws IOException {
    BasicFileAttributes own =
        stream.getFileAttributeView(BasicFileAttributeView.class).readAttributes();
    key = own.fileKey();
    return own;
  }

  /** What tells the directory from all others. */
  Object key() throws IOException {
    Object known = key;
    return known != null ? known : look().fileKey();
  }

  /**
   * What new entries are like that were made in it with a mode. Their owner and mode follow from
   * the process and the directory: its group, its set-group-ID bit, its default ACL.
   */
  Optional<Metadata> made(Kind kind, int mode) {
    return Optional.ofNullable(made.get(number(kind, mode)));
  }

  /** Notes what a new entry is like. */
  void noteMade(Kind kind, int mode, Metadata metadata) {
    made.put(number(kind, mode), metadata);
  }

  private static int number(Kind kind, int mode) {
    return kind == Kind.DIRECTORY ? mode ^ DIRECTORY : mode;
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
