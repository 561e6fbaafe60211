package dev.mtb.store;

import java.time.Duration;
import java.time.Instant;

/**
 * What a destination can do, and how it behaves.
 *
 * @param listingBringsMetadata whether listing a directory makes the {@code stat} of everything in
 *     it free, and {@code stat} of a name that does not exist costs much: then a whole directory is
 *     compared by listing it first
 * @param contentsMoveDirectoryMtime whether writing into a directory changes its mtime
 * @param operationsPerDirectory how many files of one directory are worth being written at a time
 * @param mtimes how precise mtimes are
 * @param earliestMtime the earliest time that is kept; earlier ones are kept as this one
 * @param keepsRootMetadata whether the destination itself has metadata that can be set
 * @param keepsPermissions whether permission bits are kept
 * @param keepsOwner whether numeric owners can be set here by this process
 * @param listedForOne how many names a listing tells for the price of one {@code stat}, if {@code
 *     listingBringsMetadata}
 * @param listingShows whether listings tell something of each name ({@link ListedEntry})
 * @param retriesItself whether it retries by itself, so that the engine does not
 * @param missesAfterErrors whether it may tell after an error that a name does not exist, although
 *     it does
 * @param names which different names it takes for the same name
 */
public record Features(
    boolean listingBringsMetadata,
    boolean contentsMoveDirectoryMtime,
    int operationsPerDirectory,
    MtimePrecision mtimes,
    Instant earliestMtime,
    boolean keepsRootMetadata,
    boolean keepsPermissions,
    boolean keepsOwner,
    int listedForOne,
    boolean listingShows,
    boolean retriesItself,
    boolean missesAfterErrors,
    NameRules names) {
  /** A place that keeps everything exactly, and whose listings tell names only. */
  public static final Features PLAIN =
      new Features(
          /* listingBringsMetadata= */ false,
          /* contentsMoveDirectoryMtime= */ false,
          /* operationsPerDirectory= */ Integer.MAX_VALUE,
          MtimePrecision.EXACT,
          /* earliestMtime= */ Instant.MIN,
          /* keepsRootMetadata= */ true,
          /* keepsPermissions= */ true,
          /* keepsOwner= */ true,
          /* listedForOne= */ 1,
          /* listingShows= */ false,
          /* retriesItself= */ false,
          /* missesAfterErrors= */ false,
          NameRules.EXACT);

  /**
   * How coarse mtimes are at best.
   *
   * @return zero where they are kept exactly
   */
  public Duration mtimeGranularity() {
    return mtimes.granularity();
  }

  /**
   * Whether something can be in a directory that was never made: where whole paths are keys, whose
   * listings show all of them.
   *
   * @return whether directories need not be made before what is in them
   */
  public boolean impliesDirectories() {
    return listingShows;
  }
}
