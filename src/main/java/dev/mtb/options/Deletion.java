package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether files that the backup holds and the source does not are deleted. Immutable.
 *
 * <p>Only what lies below a listed directory is ever deleted, after everything else is done.
 * Nothing is deleted after any failure, since then a file that the run has not seen may still exist
 * in the source.
 *
 * @param isWanted whether they are deleted
 * @param limit if there are more than this, none is deleted; empty for no limit
 * @param despiteErrors whether they are deleted although something went wrong, or although a listed
 *     directory or a mount point of the source is empty
 */
public record Deletion(boolean isWanted, Optional<Limit> limit, boolean despiteErrors) {
  /** Deletes nothing. */
  public static final Deletion NONE = new Deletion(false, Optional.empty(), false);

  /** Deletes any number of them. */
  public static final Deletion ALL = new Deletion(true, Optional.empty(), false);

  /** Checks that nothing is null. */
  public Deletion {
    requireNonNull(limit);
  }

  /**
   * How many may be deleted.
   *
   * @param most files, links and directories; or a percentage of all those that the backup holds
   *     below the listed directories
   * @param isPercentage which of the two
   */
  public record Limit(long most, boolean isPercentage) {
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,18})(%?)");

    /** Checks that it makes sense. */
    public Limit {
      if (most < 0 || (isPercentage && most > 100)) {
        throw new IllegalArgumentException(most + " is no number of deletions");
      }
    }

    /** Reads {@code 100} or {@code 10%}; any other text is an {@link IllegalArgumentException}. */
    public static Limit parse(String text) {
      Matcher matcher = TEXT.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "'" + text + "' is neither a number of files (100) nor a percentage of them (10%)");
      }
      return new Limit(Long.parseLong(matcher.group(1)), !matcher.group(2).isEmpty());
    }

    /** The limit for a backup that holds a number of entries, rounded down. */
    public long of(long held) {
      return isPercentage ? (long) (held / 100.0 * most) : most;
    }

    /** As it is given to {@code --max-delete}. */
    @Override
    public String toString() {
      return most + (isPercentage ? "%" : "");
    }
  }
}
