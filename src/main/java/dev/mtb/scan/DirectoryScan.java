package dev.mtb.scan;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

/**
 * One source directory, read name by name: even a directory of a million files is never held in
 * memory. Not thread-safe.
 */
public final class DirectoryScan implements Closeable {
  private final DirectoryStream<Path> stream;
  private final Iterator<Path> children;

  private DirectoryScan(DirectoryStream<Path> stream) {
    this.stream = stream;
    this.children = stream.iterator();
  }

  /**
   * Opens a directory.
   *
   * @param directory which
   * @return its children, in the order of the file system
   * @throws IOException if it cannot be opened
   */
  @SuppressWarnings("StreamResourceLeak") // It is closed with the scan.
  public static DirectoryScan open(Path directory) throws IOException {
    return new DirectoryScan(Files.newDirectoryStream(directory));
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
    stream.close();
  }
}
