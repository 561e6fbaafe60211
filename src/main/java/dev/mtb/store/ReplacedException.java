package dev.mtb.store;

import java.io.IOException;
import java.nio.file.Path;

/** Another file or directory is at a path than before. */
public final class ReplacedException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Names it.
   *
   * @param path where something else is now
   */
  public ReplacedException(Path path) {
    super(path + " was replaced meanwhile");
  }

  /**
   * Names it, and keeps what showed that.
   *
   * @param path where something else is now
   * @param cause an error of the system
   */
  public ReplacedException(Path path, IOException cause) {
    this(path);
    initCause(cause);
  }
}
