package dev.mtb.engine;

import dev.mtb.model.PathBytes;
import dev.mtb.store.ListedEntry;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Names that only the destination has, directory by directory, in a temporary file. There may be
 * millions of them if the user emptied the source by mistake. Thread-safe.
 */
final class ExtraneousNames implements Closeable {
  private static final int UNKNOWN = 0;
  private static final int DIRECTORY = 1;
  private static final int OTHER = 2;

  /**
   * A name that only the destination has.
   *
   * @param isDirectory empty if that is not known
   */
  record Name(Path name, Optional<Boolean> isDirectory) {}

  /** A directory at the destination, and where its source is. */
  record Directory(Path target, Path source, List<Name> names) {
    static Directory of(Path target, Path source, Map<Path, Optional<ListedEntry>> listing) {
      List<Name> names = new ArrayList<>(listing.size());
      listing.forEach(
          (name, entry) -> names.add(new Name(name, entry.map(ListedEntry::isDirectory))));
      return new Directory(target, source, names);
    }
  }

  /** Takes some directories. */
  interface Visitor {
    void visit(List<Directory> directories) throws IOException;
  }

  private FileChannel file;
  private DataOutputStream out;
  private Path targetRoot;
  private Path sourceRoot;
  private Path nameRoot;

  synchronized boolean isEmpty() {
    return file == null;
  }

  synchronized void add(Path target, Path source, Map<Path, Optional<ListedEntry>> names)
      throws IOException {
    if (file == null) {
      // On Unix the open file has no name from now on, and disappears even if the process is
      // killed.
      file =
          FileChannel.open(
              Files.createTempFile("mtb-extraneous", ".tmp"),
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(file)));
      targetRoot = target.getFileSystem().getPath("");
      sourceRoot = source.getRoot();
      nameRoot = names.keySet().iterator().next().getFileSystem().getPath("");
    }
    write(PathBytes.of(target));
    write(PathBytes.of(source));
    out.writeInt(names.size());
    for (Map.Entry<Path, Optional<ListedEntry>> name : names.entrySet()) {
      int kind = name.getValue().map(g -> g.isDirectory() ? DIRECTORY : OTHER).orElse(UNKNOWN);
      out.writeByte(kind);
      write(PathBytes.of(name.getKey()));
    }
  }

  private void write(byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * Passes all directories to a visitor, in groups of about so many names. A directory that has
   * more is a group by itself.
   */
  void forEach(int namesAtOnce, Visitor visitor) throws IOException {
    synchronized (this) {
      if (file == null) {
        return;
      }
      out.flush();
    }
    file.position(0);
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(Channels.newInputStream(file)));
    List<Directory> directories = new ArrayList<>();
    int count = 0;
    Optional<Directory> next = read(in);
    while (next.isPresent()) {
      directories.add(next.get());
      count += next.get().names().size();
      next = read(in);
      if (count >= namesAtOnce || next.isEmpty()) {
        visitor.visit(directories);
        directories = new ArrayList<>();
        count = 0;
      }
    }
  }

  private Optional<Directory> read(DataInputStream in) throws IOException {
    byte[] target;
    try {
      target = bytes(in);
    } catch (EOFException e) {
      return Optional.empty();
    }
    Path source = PathBytes.resolve(sourceRoot, bytes(in));
    int count = in.readInt();
    List<Name> names = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int kind = in.readByte();
      names.add(
          new Name(
              PathBytes.resolve(nameRoot, bytes(in)),
              kind == UNKNOWN ? Optional.empty() : Optional.of(kind == DIRECTORY)));
    }
    return Optional.of(new Directory(PathBytes.resolve(targetRoot, target), source, names));
  }

  private static byte[] bytes(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  @Override
  public synchronized void close() throws IOException {
    if (file == null) {
      return;
    }
    FileChannel done = file;
    file = null;
    done.close();
  }
}
