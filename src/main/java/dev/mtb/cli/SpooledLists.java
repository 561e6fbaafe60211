package dev.mtb.cli;

import com.google.common.io.ByteStreams;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Temporary copies of lists that can be read only once (standard input, a pipe): a run reads lists
 * twice. The copies are deleted at the end, also when a signal ends the process.
 */
final class SpooledLists implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(SpooledLists.class);

  private static final Path STANDARD_INPUT = Path.of("-");

  /** In bytes. A longer list is an endless stream: 1 GiB has some ten million names. */
  private static final long LONGEST = 1L << 30;

  private final Map<Path, Path> copies = new ConcurrentHashMap<>();
  private final Thread hook = new Thread(this::delete, "mtb-lists");

  private SpooledLists() {}

  /**
   * Copies the lists that can be read only once.
   *
   * @throws InvalidJobException if one cannot be copied
   */
  static SpooledLists of(List<Path> lists) {
    SpooledLists spooled = new SpooledLists();
    try {
      lists.stream().distinct().forEach(spooled::add);
    } catch (RuntimeException | Error e) {
      spooled.close();
      throw e;
    }
    return spooled;
  }

  private void add(Path list) {
    boolean isPipe = Files.exists(list) && !Files.isRegularFile(list) && !Files.isDirectory(list);
    if (list.equals(STANDARD_INPUT)) {
      copy(list, System.in);
    } else if (isPipe) {
      try (InputStream in = Files.newInputStream(list)) {
        copy(list, in);
      } catch (IOException e) {
        throw new InvalidJobException(
            "the list " + list + " cannot be read: " + ErrorText.of(e), e);
      }
    }
  }

  private void copy(Path list, InputStream in) {
    if (copies.isEmpty()) {
      Runtime.getRuntime().addShutdownHook(hook);
    }
    long copied;
    try {
      Path file = Files.createTempFile("mtb-list", ".txt");
      copies.put(list, file);
      try (OutputStream out = Files.newOutputStream(file)) {
        copied = ByteStreams.limit(in, LONGEST).transferTo(out);
      }
    } catch (IOException e) {
      throw new InvalidJobException(
          "the list " + name(list) + " cannot be copied to a temporary file: " + ErrorText.of(e),
          e);
    }
    if (copied == LONGEST) {
      throw new InvalidJobException(
          "the list "
              + name(list)
              + " does not end after 1 GiB; give a list of that length as a file");
    }
  }

  private static String name(Path list) {
    return list.equals(STANDARD_INPUT) ? "on standard input" : list.toString();
  }

  /** The copy of each list that was copied. */
  Map<Path, Path> copies() {
    return copies;
  }

  /** Puts the names of the lists into a message: the user does not know the temporary files. */
  String withNames(String message) {
    String named = message;
    for (Map.Entry<Path, Path> copy : copies.entrySet()) {
      named = named.replace(copy.getValue().toString(), name(copy.getKey()));
    }
    return named;
  }

  private void delete() {
    for (Path copy : copies.values()) {
      try {
        Files.deleteIfExists(copy);
      } catch (IOException e) {
        // The system removes old temporary files.
        log.debug("the copy {} of a list cannot be deleted", copy, e);
      }
    }
  }

  @Override
  public void close() {
    delete();
    if (!copies.isEmpty()) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        log.debug("the process is ending, and the hook deletes the copies", e);
      }
    }
  }
}
