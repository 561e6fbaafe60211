package dev.mtb.cli.setup;

import com.google.common.io.Resources;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The units of systemd for one backup: those of the package, made for its files and directories.
 * For this instance systemd takes them before the package's templates (systemd.unit(5)).
 *
 * @param setup names and places
 * @param command the program that runs, with its first arguments
 * @param options of the backup
 * @param place of the destination: the mount point of S3FS, or the directory; empty for a bucket
 * @param stateDirectory that the user has named; empty for the default
 */
public record SystemdUnits(
    BackupSetup setup,
    List<String> command,
    OptionLines options,
    Optional<Path> place,
    Optional<String> stateDirectory) {
  private static final String BEGINNING = "# Made by mtb init";

  /** What a system's unit may do; a user's manager may not apply most of it. */
  private static final String SANDBOX = "\n# It reads everything";

  /** Targets that a user's manager does not have. */
  private static final String SYSTEM_TARGETS =
      "(?m)^(# remote-fs: |Wants=network-online|After=network-online).*\n";

  /** A user's manager takes another directory for it than MTB does. */
  private static final String STATE = "(?m)^# What MTB remembers.*\n(StateDirectory.*\n)+\n";

  /** Whether a text is the beginning of such a unit. */
  public static boolean isBeginning(String text) {
    return text.startsWith(BEGINNING);
  }

  public String service() {
    String text = template("mtb@.service");
    text =
        text.replaceFirst(
            "(?m)^ExecStart=.*$",
            literal(
                "ExecStart="
                    + command.stream()
                        .map(SystemdUnits::commandWord)
                        .collect(Collectors.joining(" "))
                    + " backup "
                    + commandWord("@" + PathBytes.toText(setup.optionsFile()))
                    + " --quiet"));
    text =
        text.replaceFirst(
            "(?m)^EnvironmentFile=.*$",
            literal(
                "EnvironmentFile=-"
                    + word(setup.environmentFile())
                    + stateDirectory
                        .map(state -> "\nEnvironment=" + word("MTB_STATE_DIR=" + state))
                        .orElse("")));
    if (!onS3fs()) {
      text = text.replaceFirst("(?m)^# remote-fs: .*\n", "");
    }
    text =
        text.replaceFirst(
            "(?m)^(Description=.*)$", "$1" + literal(place.map(this::mountedBefore).orElse("")));
    if (!setup.ofSystem()) {
      text = text.replaceAll(SYSTEM_TARGETS, "").replaceFirst(STATE, "");
      return text.substring(0, text.indexOf(SANDBOX));
    }
    return text.replaceFirst("(?m)^(ProtectHome=.*)$", "$1" + literal(writable()));
  }

  private boolean onS3fs() {
    return options.has("--require-mount");
  }

  /**
   * The mount of S3FS is only wanted: if it fails, MTB runs, refuses to go on, remembers that for
   * {@code mtb status}, and runs the command of --on-failure. A unit whose requirement fails is not
   * started, and nobody hears of it. Another directory is required: MTB would write into an empty
   * mount point.
   */
  private String mountedBefore(Path path) {
    if (!onS3fs()) {
      return "\nRequiresMountsFor=" + word(path);
    }
    String unit = mountUnit(path);
    return "\nWants=" + unit + "\nAfter=" + unit;
  }

  /** The name of a mount's unit, as systemd-escape(1) makes it. */
  static String mountUnit(Path mountPoint) {
    String path = mountPoint.toString().substring(1);
    StringBuilder name = new StringBuilder();
    for (byte b : PathBytes.of(Path.of(path))) {
      char c = (char) (b & 0xff);
      boolean isPlain = c < 0x80 && (Character.isLetterOrDigit(c) || c == ':' || c == '_');
      if (c == '/') {
        name.append('-');
      } else if (isPlain || (c == '.' && name.length() > 0)) {
        name.append(c);
      } else {
        name.append(String.format("\\x%02x", (int) c));
      }
    }
    return (path.isEmpty() ? "-" : name) + ".mount";
  }

  private String writable() {
    StringBuilder lines = new StringBuilder();
    Stream.of(place.stream(), options.written().stream(), stateDirectory.stream().map(Path::of))
        .flatMap(paths -> paths)
        .map(this::existing)
        .filter(path -> path.getParent() != null)
        .distinct()
        // With a dash it need not exist.
        .forEach(
            path -> lines.append("\nReadWritePaths=").append(word("-" + PathBytes.toText(path))));
    return lines.toString();
  }

  /**
   * What is not there yet is made in the nearest directory that is. Nothing on the S3FS mount is
   * looked at, since it may hang: all of it may be written to.
   */
  private Path existing(Path path) {
    if (onS3fs() && place.filter(path::startsWith).isPresent()) {
      return place.get();
    }
    Path existing = path;
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    return existing;
  }

  /** Starts it once a day, at a time such as {@code 02:15}. */
  public String timer(String timeOfDay) {
    return template("mtb@.timer")
        .replaceFirst("(?m)^OnCalendar=.*$", "OnCalendar=*-*-* " + timeOfDay)
        .replaceFirst(
            "(?m)^ConditionFileIsExecutable=.*$",
            // Not quoted, unlike other lines.
            literal("ConditionFileIsExecutable=" + command.get(0).replace("%", "%%")));
  }

  /** A unit of the package, without its first line, which says where the package has it. */
  private String template(String name) {
    try {
      String text =
          Resources.toString(
              Resources.getResource(SystemdUnits.class, name), StandardCharsets.UTF_8);
      return BEGINNING
          + "; run it again with --force to replace this file.\n"
          + text.substring(text.indexOf('\n') + 1).replace("%i", setup.name());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String literal(String replacement) {
    return replacement.replace("\\", "\\\\").replace("$", "\\$");
  }

  private static String word(Path path) {
    return word(PathBytes.toText(path));
  }

  /** A word as systemd.syntax(7) quotes it; a percent sign begins a specifier. */
  private static String word(String plain) {
    String escaped = plain.replace("\\", "\\\\").replace("\"", "\\\"").replace("%", "%%");
    return plain.matches("[^\\s\"'\\\\;]+") ? escaped : "\"" + escaped + "\"";
  }

  /** In a command a dollar sign begins a variable, too. */
  private static String commandWord(String plain) {
    return word(plain).replace("$", "$$");
  }
}
