package dev.mtb.store;

/** What is remembered of an object from earlier runs. */
public enum Recollection {
  /** The object was stored from this version of the source, or compared with it and found equal. */
  SAME,
  /** The object is the one that was stored or compared, but the source has changed since. */
  SOURCE_CHANGED,
  /** Nothing is remembered, or another program has stored the object since. */
  NONE
}
