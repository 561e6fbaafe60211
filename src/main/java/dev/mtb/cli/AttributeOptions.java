package dev.mtb.cli;

import dev.mtb.options.KeptAttributes;
import picocli.CommandLine.Option;

/** Which attributes are kept, as options. */
final class AttributeOptions {
  @Option(
      names = "--no-owner",
      description = "Neither set nor compare the owner of files, for places that cannot keep it.")
  private boolean noOwner;

  @Option(names = "--no-group", description = "The same for the group.")
  private boolean noGroup;

  @Option(
      names = "--no-perms",
      description =
          "The same for permission bits; new files get what the destination gives to new files.")
  private boolean noPermissions;

  @Option(
      names = "--no-times",
      description =
          "Do not set times of modification. All files whose times differ are copied again in each"
              + " run; use it with --compare checksum.")
  private boolean noTimes;

  KeptAttributes kept() {
    return new KeptAttributes(!noOwner, !noGroup, !noPermissions, !noTimes);
  }
}
