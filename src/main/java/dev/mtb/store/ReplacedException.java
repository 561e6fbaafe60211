package dev.mtb.store;

import java.io.IOException;
import java.nio.file.Path;

/** Something else is at a path than was there a moment ago. */
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
}
