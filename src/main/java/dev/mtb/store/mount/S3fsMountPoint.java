package dev.mtb.store.mount;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Metadata;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.function.IORunnable;
import org.apache.commons.io.function.IOSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mount point that a run uses. It is held open, so that an accidental unmount is refused, and it
 * is checked during the run. Thread-safe.
 */
public final class S3fsMountPoint implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(S3fsMountPoint.class);

  private final Path path;
  private final long device;
  private final DirectoryStream<Path> hold;

  private S3fsMountPoint(Path path, long device, DirectoryStream<Path> hold) {
    this.path = path;
    this.device = device;
    this.hold = hold;
  }

  /** Opens and holds a mount point. */
  @SuppressWarnings("StreamResourceLeak") // It is closed with this.
  public static S3fsMountPoint hold(Path path) throws DestinationException {
    try {
      long device = Metadata.following(path).device();
      return new S3fsMountPoint(path, device, Files.newDirectoryStream(path));
    } catch (IOException e) {
      throw lost(path, e);
    }
  }

  private static DestinationException lost(Path path, IOException cause) {
    return new DestinationException(
        "the S3FS mount "
            + path
            + " does not answer ("
            + ErrorText.of(cause)
            + "): s3fs has died or lost its bucket; unmount it (fusermount -u "
            + path
            + ") and mount it again",
        cause);
  }

  Path path() {
    return path;
  }

  /** Checks that the same file system is still mounted there. Costs no request. */
  public void check() throws DestinationException {
    Metadata now;
    try {
      now = Metadata.following(path);
    } catch (IOException e) {
      throw lost(path, e);
    }
    if (now.device() != device) {
      throw new DestinationException(
          "the S3FS mount "
              + path
              + " is gone: it was unmounted while MTB wrote to it; mount it and run again");
    }
  }

  /**
   * Asks s3fs itself. For a second after s3fs has died, attributes still come from the kernel's
   * cache. Opening a directory always asks s3fs, and for the mount point s3fs sends no request.
   */
  public void checkAlive() throws DestinationException {
    try (DirectoryStream<Path> open = Files.newDirectoryStream(path)) {
      log.debug("{} answers: {}", path, open);
    } catch (IOException e) {
      throw lost(path, e);
    }
  }

  /**
   * Runs an operation. If it fails, this checks whether the mount has failed. It asks the mount
   * itself, since messages may be translated and some errors are not specific.
   */
  <T> T reading(IOSupplier<T> operation) throws IOException {
    try {
      return operation.get();
    } catch (IOException e) {
      check();
      checkAlive();
      throw e;
    }
  }

  /**
   * Runs an operation that changes something: it must not write into the directory under the mount
   * point.
   */
  <T> T changing(IOSupplier<T> operation) throws IOException {
    check();
    return reading(operation);
  }

  void reading(IORunnable operation) throws IOException {
    reading(
        () -> {
          operation.run();
          return null;
        });
  }

  void changing(IORunnable operation) throws IOException {
    check();
    reading(operation);
  }

  @Override
  public void close() {
    try {
      hold.close();
    } catch (IOException e) {
      log.debug("closing {}", path, e);
    }
  }
}
