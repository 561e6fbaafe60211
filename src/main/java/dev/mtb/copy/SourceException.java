package dev.mtb.copy;

import dev.mtb.model.ErrorText;
import dev.mtb.store.ElsewhereException;
import dev.mtb.store.Tree;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The source could not be read, or has changed since the scan. The destination is not the cause.
 */
public final class SourceException extends ElsewhereException {
  private static final long serialVersionUID = 1;

  private final boolean moved;

  private SourceException(String message, boolean moved, Throwable cause) {
    super(message, cause);
    this.moved = moved;
  }

  /**
   * Wraps what went wrong while the source was looked at or read.
   *
   * @param e from the source's file system
   * @return moved if it is gone, otherwise unreadable
   */
  public static SourceException of(IOException e) {
    return e instanceof NoSuchFileException
        ? moved("vanished before it could be read", e)
        : new SourceException("cannot be read: " + ErrorText.of(e), false, e);
  }

  /**
   * The same where the file is known.
   *
   * @param e from the source's file system
   * @param tree that the file is in
   * @param file what was looked at or read
   * @return moved if it, or a directory on the way to it, is gone or was replaced
   */
  public static SourceException of(IOException e, Tree tree, Path file) {
    return !(e instanceof NoSuchFileException) && tree.isMoved(e, file)
        ? moved("vanished: a directory on the way to it was moved or replaced", e)
        : of(e);
  }

  /** The source has changed, moved or vanished. */
  public static SourceException moved(String message, Throwable cause) {
    return new SourceException(message, true, cause);
  }

  /**
   * Whether it vanished or changed, rather than being unreadable.
   *
   * @return true if the next run will probably succeed
   */
  public boolean moved() {
    return moved;
  }
}
