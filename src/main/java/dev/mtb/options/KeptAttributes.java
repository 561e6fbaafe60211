package dev.mtb.options;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;

/**
 * Which attributes of the sources are kept. An attribute that is not kept is neither set nor
 * compared, for places that cannot keep it, such as a FAT disk or an NFS share that does not trust
 * root. Immutable.
 *
 * @param owner the user
 * @param group the group
 * @param permissions the permission bits
 * @param times the times of modification
 */
public record KeptAttributes(boolean owner, boolean group, boolean permissions, boolean times) {
  /** The default. */
  public static final KeptAttributes ALL = new KeptAttributes(true, true, true, true);

  private static final int SET_USER_ID = 04000;
  private static final int SET_GROUP_ID = 02000;

  /** The same without the user; owner and group are kept only by root. */
  public KeptAttributes withoutOwner() {
    return new KeptAttributes(false, group, permissions, times);
  }

  /** The same without the group. */
  public KeptAttributes withoutGroup() {
    return new KeptAttributes(owner, false, permissions, times);
  }

  /** The same without permission bits: a new file has what the destination gives to new files. */
  public KeptAttributes withoutPermissions() {
    return new KeptAttributes(owner, group, false, times);
  }

  /**
   * The same without times. Then {@link CompareMode#SIZE_MTIME} copies all files again in each run;
   * {@link CompareMode#CHECKSUM} does not.
   */
  public KeptAttributes withoutTimes() {
    return new KeptAttributes(owner, group, permissions, false);
  }

  /**
   * What is kept of a source. A file that does not keep its user does not keep its set-user-ID bit
   * either: it would let any user act as another user than the source's. The same is true of
   * groups. What is not kept is {@link Metadata#UNKNOWN} or {@link Metadata#UNKNOWN_TIME}.
   */
  public Metadata of(Metadata source) {
    int mode = permissions ? source.mode() : Metadata.UNKNOWN;
    if (mode != Metadata.UNKNOWN && source.kind() == Kind.FILE) {
      mode &= owner ? ~0 : ~SET_USER_ID;
      mode &= group ? ~0 : ~SET_GROUP_ID;
    }
    return new Metadata(
        source.kind(),
        source.size(),
        times ? source.mtime() : Metadata.UNKNOWN_TIME,
        mode,
        owner ? source.uid() : Metadata.UNKNOWN,
        group ? source.gid() : Metadata.UNKNOWN,
        source.device(),
        source.inode(),
        source.ctime());
  }
}
