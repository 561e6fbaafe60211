package dev.mtb.options;

/**
 * Which files a backup leaves as they are at the destination, although they differ. Immutable and
 * thread-safe; made from {@link #NONE}. The rules have the names and the meaning of rsync's.
 *
 * <p>What is left is neither copied nor given other metadata, counts as {@code Totals.skipped()},
 * and stands in no manifest. What is in a directory that is not made is neither looked at nor
 * counted.
 *
 * @param update whether files are left that have a later mtime there; links and directories are
 *     not, nor what is of another kind there
 * @param ignoreExisting whether everything that is there already is left, except for directories
 * @param existing whether what is not there yet, directories included, is not made
 */
public record UpdateRules(boolean update, boolean ignoreExisting, boolean existing) {
  /** Everything that differs is brought up to date. */
  public static final UpdateRules NONE = new UpdateRules(false, false, false);

  /** The same with another {@link #update()}. */
  public UpdateRules withUpdate(boolean value) {
    return new UpdateRules(value, ignoreExisting, existing);
  }

  /** The same with another {@link #ignoreExisting()}. */
  public UpdateRules withIgnoreExisting(boolean value) {
    return new UpdateRules(update, value, existing);
  }

  /** The same with another {@link #existing()}. */
  public UpdateRules withExisting(boolean value) {
    return new UpdateRules(update, ignoreExisting, value);
  }
}
