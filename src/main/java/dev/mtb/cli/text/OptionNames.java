package dev.mtb.cli.text;

import com.google.common.collect.ImmutableMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Translates messages of the library: it names what a program sets, such as {@code
 * Concurrency.threads}, and a user of the command types an option.
 */
public final class OptionNames {
  /** The names in messages, with their options. */
  public static final ImmutableMap<String, String> FLAGS =
      ImmutableMap.<String, String>builder()
          .put("BackupJob.filesFrom", "--files-from")
          .put("BackupJob.filesFrom0", "--from0")
          .put("BackupOptions.deletion", "--delete")
          .put("BackupOptions.dryRun", "--dry-run")
          .put("Checks.overwriteConflicts", "--overwrite-conflicts")
          .put("CompareMode.ALWAYS", "--compare always")
          .put("Concurrency.checkers", "--checkers")
          .put("Concurrency.threads", "--threads")
          .put("Connection.endpoint", "--endpoint-url")
          .put("Connection.passwdFile", "--passwd-file")
          .put("Connection.region", "--region")
          .put("Connection.requireMount", "--require-mount")
          .put("Deletion.despiteErrors", "--delete-despite-errors")
          .put("Deletion.limit", "--max-delete")
          .put("Filters.oneFileSystem", "--one-file-system")
          .put("KeptAttributes.group", "--no-group")
          .put("KeptAttributes.owner", "--no-owner")
          .put("KeptAttributes.permissions", "--no-perms")
          .put("KeptAttributes.times", "--no-times")
          .put("Limits.maxDuration", "--max-duration")
          .put("Limits.maxTransfer", "--max-transfer")
          .put("Mtb.list", "mtb ls")
          .put("ObjectStyle.encryption", "--sse")
          .put("OldVersions.directory", "--backup-dir")
          .put("OldVersions.suffix", "--suffix")
          .put("ListJob.asOf", "--as-of")
          .put("ListJob.versions", "--versions")
          .put("RestoreJob.asOf", "--as-of")
          .put("RestoreJob.overwrite", "--overwrite")
          .put("Via.BUCKET", "--via bucket")
          .put("Via.MOUNT", "--via mount")
          .put("Waiting.lockWait", "--lock-wait")
          .buildOrThrow();

  private static final Pattern NAME = Pattern.compile("\\b[A-Z][A-Za-z]+\\.[A-Za-z0-9]+\\b");

  private OptionNames() {}

  /** A message as a user of the command understands it. */
  public static String inFlags(String message) {
    return NAME.matcher(message)
        .replaceAll(
            name -> Matcher.quoteReplacement(FLAGS.getOrDefault(name.group(), name.group())));
  }
}
