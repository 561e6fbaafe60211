package dev.mtb.model;

/** What a directory entry is. */
public enum Kind {
  /** A regular file. */
  FILE,
  /** A directory. */
  DIRECTORY,
  /** A symbolic link, kept as a link. */
  LINK,
  /** A device, socket or pipe: skipped and counted, never opened. */
  SPECIAL
}
