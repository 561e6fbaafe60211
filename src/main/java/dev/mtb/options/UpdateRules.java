package dev.mtb.options;

/**
 * The rules by which a backup does not copy some files although they differ. Immutable and
 * thread-safe; made from {@link #NONE}. The rules have the names and the meaning of rsync's.
 *
 * <p>A file that these rules skip is neither copied nor given other metadata, counts as {@code
 * Totals.skipped()}, and is in no manifest. The contents of a directory that is not made are
 * neither looked at nor counted.
 *
 * @param update whether files are skipped that have a later mtime at the destination; links,
 *     directories and entries of another kind there are not skipped
 * @param ignoreExisting whether everything that exists at the destination is skipped, except for
 *     directories
 * @param existing whether everything that does not exist at the destination, directories included,
 *     is skipped
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
