package dev.mtb.cli.watch;

import com.google.common.collect.Iterators;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Sorts lines by their keys. Memory is bounded: when it is full, its lines are sorted and written
 * to a temporary file, and all files are merged in the end. Not thread-safe.
 */
final class SortedLines implements Closeable {
  private static final char SEPARATOR = '\t';

  private final int linesInMemory;

  /** Each line after its key. */
  private final List<String> lines = new ArrayList<>();

  private final List<FileChannel> files = new ArrayList<>();

  SortedLines(int linesInMemory) {
    this.linesInMemory = linesInMemory;
  }

  /**
   * Adds a line.
   *
   * @param key without a line feed or a tab
   * @param line without a line feed
   * @throws IOException if the temporary file cannot be written; then the line is kept in memory
   */
  void add(String key, String line) throws IOException {
    lines.add(key + SEPARATOR + line);
    if (lines.size() >= linesInMemory) {
      spill();
    }
  }

  private void spill() throws IOException {
    // On Unix this file loses its name at once, and goes when the process ends in any way.
    FileChannel file =
        FileChannel.open(
            Files.createTempFile("mtb-lines", ".tmp"),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    try {
      Collections.sort(lines);
      // Not closed, since that would close the file.
      BufferedWriter writer = new BufferedWriter(Channels.newWriter(file, StandardCharsets.UTF_8));
      for (String line : lines) {
        writer.write(line);
        writer.write('\n');
      }
      writer.flush();
      file.position(0);
    } catch (IOException e) {
      file.close();
      throw e;
    }
    files.add(file);
    lines.clear();
  }

  /** Passes on all lines, in order. */
  void forEach(Consumer<String> visitor) throws IOException {
    Collections.sort(lines);
    List<Iterator<String>> parts = new ArrayList<>();
    parts.add(lines.iterator());
    for (FileChannel file : files) {
      Reader reader = Channels.newReader(file, StandardCharsets.UTF_8);
      parts.add(new BufferedReader(reader).lines().iterator());
    }
    try {
      Iterators.mergeSorted(parts, Comparator.<String>naturalOrder())
          .forEachRemaining(line -> visitor.accept(withoutKey(line)));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static String withoutKey(String line) {
    return line.substring(line.indexOf(SEPARATOR) + 1);
  }

  @Override
  public void close() throws IOException {
    for (FileChannel file : files) {
      file.close();
    }
    files.clear();
    lines.clear();
  }
}
