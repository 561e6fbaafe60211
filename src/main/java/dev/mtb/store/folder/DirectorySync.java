package dev.mtb.store.folder;

import dev.mtb.model.ErrorText;
import dev.mtb.store.Errno;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.commons.io.function.IOConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories in which names were made, replaced or deleted, and that must be forced to disk: a
 * file that is on the disk is lost if its name is not. A directory is forced once for many changes.
 * Thread-safe.
 */
final class DirectorySync {
  private static final Logger log = LoggerFactory.getLogger(DirectorySync.class);

  /** When more directories are noted, all are forced: the set must not fill the memory. */
  private static final int MOST_NOTED = 1000;

  /** Forces one directory. */
  private final IOConsumer<Path> syncer;

  private final Set<Path> changed = ConcurrentHashMap.newKeySet();

  /**
   * The first failure that was not thrown yet. It is kept, since a second fsync after a failure may
   * report success.
   */
  private final AtomicReference<IOException> failure = new AtomicReference<>();

  DirectorySync(IOConsumer<Path> syncer) {
    this.syncer = syncer;
  }

  /** Notes that names in a directory were changed. */
  void changed(Path directory) {
    changed.add(directory);
    if (changed.size() > MOST_NOTED) {
      syncAll();
    }
  }

  /** Forces all directories that were noted. A failure, also of an earlier call, is thrown once. */
  void flush() throws IOException {
    syncAll();
    IOException unreported = failure.getAndSet(null);
    if (unreported != null) {
      throw unreported;
    }
  }

  private void syncAll() {
    for (Path directory : List.copyOf(changed)) {
      // It is removed first: a later change of the directory notes it again.
      if (changed.remove(directory)) {
        try {
          syncer.accept(directory);
        } catch (NoSuchFileException | NotDirectoryException e) {
          log.debug("{} is gone", directory);
        } catch (IOException e) {
          String text = "the directory " + directory + " cannot be forced to disk: ";
          failure.compareAndSet(null, new IOException(text + ErrorText.of(e), e));
        }
      }
    }
  }

  /** Forces a directory, as fsync(2) does; on Windows and some file systems it does nothing. */
  static void force(Path directory) throws IOException {
    if (directory.getFileSystem() != FileSystems.getDefault()) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (AccessDeniedException e) {
      // Windows cannot open a directory.
      if (!directory.getFileSystem().getSeparator().equals("\\")) {
        throw e;
      }
    } catch (IOException e) {
      Errno errno = Errno.of(e).orElse(null);
      if (errno != Errno.EINVAL && errno != Errno.EOPNOTSUPP) {
        throw e;
      }
      log.debug("{} is on a file system that forces no directories", directory, e);
    }
  }
}
