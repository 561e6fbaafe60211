package dev.mtb.model;

/** What is done about a file, directory or link. */
public enum Action {
  /** Nothing: the destination has it. */
  NONE,
  /** The file is new; nothing of that name existed. */
  CREATE,
  /** It is written over, or in the place of, what is there. */
  REPLACE,
  /** Only its mtime, mode or owner is set; the content stays. */
  UPDATE_METADATA,
  /**
   * It is deleted from the destination. {@code Mtb.verify} deletes nothing: there it is what a
   * backup with {@code Deletion} would do.
   */
  DELETE
}
