package dev.mtb.scan;

import dev.mtb.files.Folder;
import dev.mtb.files.Folders;
import dev.mtb.model.Metadata;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

/**
 * One source directory, read name by name: even a directory of a million files is never held in
 * memory. Not thread-safe.
 */
public final class DirectoryScan implements Closeable {
  private final Folder folder;
  private final Iterator<Path> children;

  private DirectoryScan(Folder folder, Iterator<Path> children) {
    this.folder = folder;
    this.children = children;
  }

  /**
   * Opens a directory.
   *
   * @param folders keeps it open for the threads that copy from it
   * @param directory which
   * @param start it, or the directory above it below which no symbolic link is followed
   * @return its children, in the order of the file system
   * @throws IOException if it cannot be opened
   */
  public static DirectoryScan open(Folders folders, Path directory, Path start) throws IOException {
    Folder folder = folders.scan(directory, start);
    try {
      return new DirectoryScan(folder, folder.names());
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /**
   * Looks at the directory that is being read.
   *
   * @return empty if something else is at its path now
   * @throws IOException if nothing is there, or it cannot be told
   */
  public Optional<Metadata> look() throws IOException {
    return folder.look();
  }

  /**
   * The next child.
   *
   * @return the directory's path resolved with the child's name, or empty at the end
   * @throws IOException if the directory cannot be read further
   */
  public Optional<Path> next() throws IOException {
    try {
      return children.hasNext() ? Optional.of(children.next()) : Optional.empty();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  @Override
  public void close() throws IOException {
    folder.close();
  }
}
