package dev.mtb.options;

/** How it is decided whether a file's content has to be copied. */
public enum CompareMode {
  /** Size or time of modification differs (the default). */
  SIZE_MTIME,
  /** Size or digest differs; both sides are read. */
  CHECKSUM,
  /** Size differs. */
  SIZE,
  /** Every file is copied. */
  ALWAYS
}
