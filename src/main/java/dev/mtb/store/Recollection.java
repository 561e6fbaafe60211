package dev.mtb.store;

/** What is remembered of an object from earlier runs. */
public enum Recollection {
  /** It was stored from the source as that is now, or compared with it: all of it is the same. */
  SAME,
  /** The object is the one that was stored or compared, but the source has changed since. */
  SOURCE_CHANGED,
  /** Nothing, or another program has stored the object since. */
  NONE
}
