package dev.mtb.destination;

import com.google.common.base.Strings;
import dev.mtb.BackupOptions;
import dev.mtb.Shard;
import java.nio.file.Path;

/** Where MTB keeps what it has to know from run to run, for each user. Stateless. */
public final class StateDirectory {
  private StateDirectory() {}

  /** Where programs of the system keep what must survive a restart (file-hierarchy(7)). */
  private static final Path OF_SYSTEM = Path.of("/var/lib/mtb");

  /**
   * The one that was asked for, or {@code $MTB_STATE_DIR}; for root that of the system, whatever
   * its home, since cron, systemd and sudo do not agree on that; else that of the XDG
   * specification.
   *
   * @param options of a job
   * @return a directory that need not be there yet
   */
  public static Path of(BackupOptions options) {
    return options.stateDirectory().orElseGet(StateDirectory::ofUser);
  }

  /**
   * Where the catalog of a bucket is: each shard has its own, since only one process at a time can
   * use one.
   */
  static Path ofCatalogs(BackupOptions options) {
    Shard shard = options.shard();
    return shard.isWhole()
        ? of(options)
        : of(options).resolve("shards").resolve(shard.index() + "-of-" + shard.count());
  }

  private static Path ofUser() {
    String own = Strings.nullToEmpty(System.getenv("MTB_STATE_DIR"));
    if (!own.isEmpty()) {
      return Path.of(own);
    }
    if (ProcessIdentity.read().isRoot()) {
      return OF_SYSTEM;
    }
    String xdg = Strings.nullToEmpty(System.getenv("XDG_STATE_HOME"));
    return xdg.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".local", "state", "mtb")
        : Path.of(xdg, "mtb");
  }
}
