package dev.mtb.options;

/**
 * What a run does to make sure that a copy is safe. Immutable. None of these is on by default: a
 * copy that was written without an error is complete.
 *
 * @param fsync whether each file is forced to disk before it gets its name; without effect on S3FS,
 *     where a file is in the bucket when its channel is closed
 * @param verifyAfter whether each file that was copied is read back, right after it was written,
 *     and compared with what was read when it was copied. One that differs is copied once more; if
 *     it still differs it is a failure of stage {@code Failure.Stage.VERIFY}, and marked so that
 *     the next run copies it again
 * @param readData whether {@code verify} reads every content back even where the bucket's own
 *     checksum proves it; for a destination that is not a bucket it does not matter
 * @param strict whether {@code verify} takes everything that the backup has and the source does not
 *     have for a failure; otherwise it is counted as {@code Totals.extra()}
 * @param overwriteConflicts whether an object of a bucket is overwritten although another program
 *     has written it since this run listed it; otherwise that is a failure, if the server honours
 *     the conditions of writes
 */
public record Checks(
    boolean fsync,
    boolean verifyAfter,
    boolean readData,
    boolean strict,
    boolean overwriteConflicts) {
  /** None. */
  public static final Checks DEFAULT = new Checks(false, false, false, false, false);

  /** The same with another {@link #fsync()}. */
  public Checks withFsync(boolean value) {
    return new Checks(value, verifyAfter, readData, strict, overwriteConflicts);
  }

  /** The same with another {@link #verifyAfter()}. */
  public Checks withVerifyAfter(boolean value) {
    return new Checks(fsync, value, readData, strict, overwriteConflicts);
  }

  /** The same with another {@link #readData()}. */
  public Checks withReadData(boolean value) {
    return new Checks(fsync, verifyAfter, value, strict, overwriteConflicts);
  }

  /** The same with another {@link #strict()}. */
  public Checks withStrict(boolean value) {
    return new Checks(fsync, verifyAfter, readData, value, overwriteConflicts);
  }

  /** The same with another {@link #overwriteConflicts()}. */
  public Checks withOverwriteConflicts(boolean value) {
    return new Checks(fsync, verifyAfter, readData, strict, value);
  }
}
