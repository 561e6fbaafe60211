package dev.mtb.job;

import java.util.Locale;

/** What a thread of a run is busy with. */
public enum Activity {
  /** It reads a directory, and compares what is in it. */
  LISTING,
  /** It waits until the copying threads have room for one more file. */
  WAITING,
  /** It looks at a file or link on both sides, and may read them. */
  COMPARING,
  /** It copies a file or link, or sets its metadata. */
  COPYING,
  /** It sets a directory's own metadata. */
  FINISHING;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** The activity in a word, such as {@code copying}. */
  @Override
  public String toString() {
    return text;
  }
}
