package dev.mtb.model;

import java.util.Locale;

/** Why an {@link Action} was chosen. */
public enum Reason {
  /** The destination has nothing of that name. */
  NEW,
  /** One is a file, the other a directory or a link. */
  TYPE_DIFFERS,
  /** The sizes differ. */
  SIZE_DIFFERS,
  /** The times of modification differ by more than the window. */
  MTIME_DIFFERS,
  /** The digests differ, or the bytes of a link's target. */
  CONTENT_DIFFERS,
  /** The permission bits differ. */
  MODE_DIFFERS,
  /** The owner or group differs. */
  OWNER_DIFFERS,
  /**
   * A run that read its copies back has found that this copy is wrong, and has marked it by its
   * mtime.
   */
  READ_BACK_WRONG,
  /**
   * The source has nothing of that name any more, and {@code Deletion} asks for a mirror; or {@code
   * Mtb.verify} found it.
   */
  NOT_IN_SOURCE,
  /** {@code CompareMode.ALWAYS} asks for it. */
  ALWAYS,
  /** Not copied: it has a later mtime at the destination ({@code UpdateRules.update()}). */
  NEWER_THERE,
  /** Not copied: it is at the destination already ({@code UpdateRules.ignoreExisting()}). */
  THERE_ALREADY,
  /** Not copied: it is not at the destination yet ({@code UpdateRules.existing()}). */
  NOT_THERE,
  /** Nothing differs. */
  UNCHANGED;

  private final String text = name().toLowerCase(Locale.ROOT).replace('_', ' ');

  /** The reason in words, such as {@code mtime differs}. */
  @Override
  public String toString() {
    return text;
  }
}
