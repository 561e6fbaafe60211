package dev.mtb.model;

/** Metadata that can be set without touching content. */
public enum Attribute {
  /** Time of last modification. */
  MTIME,
  /** Permission bits. */
  MODE,
  /** User and group. */
  OWNER
}
