package dev.mtb.cli.setup;

import com.google.common.io.Resources;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The units of systemd for one backup: those of the package, made for its files and directories.
 * For this instance systemd takes them before the package's templates (systemd.unit(5)).
 *
 * @param setup names and places
 * @param command the program that runs, with its first arguments
 * @param options of the backup
 * @param mounted the directory that must be mounted before, and be writable; empty for a bucket
 * @param stateDirectory that the user has named; empty for the default
 */
public record SystemdUnits(
    BackupSetup setup,
    List<String> command,
    OptionLines options,
    Optional<Path> mounted,
    Optional<String> stateDirectory) {
  private static final String BEGINNING = "# Made by mtb init";

  /** What a system's unit may do; a user's manager may not apply most of it. */
  private static final String SANDBOX = "\n# It reads everything";

  /** A unit has its own, empty ones with {@code PrivateTmp} (systemd.exec(5)). */
  private static final List<Path> TEMPORARY = List.of(Path.of("/tmp"), Path.of("/var/tmp"));

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
    if (mounted.isEmpty()) {
      text = text.replaceFirst("(?m)^# remote-fs: .*\n", "");
    } else {
      text =
          text.replaceFirst(
              "(?m)^(After=.*)$", "$1\n" + literal("RequiresMountsFor=" + word(mounted.get())));
    }
    if (!setup.ofSystem()) {
      return text.substring(0, text.indexOf(SANDBOX));
    }
    if (options.paths().stream().anyMatch(path -> TEMPORARY.stream().anyMatch(path::startsWith))) {
      text = text.replace("PrivateTmp=true", "# The backup uses /tmp.\nPrivateTmp=false");
    }
    StringBuilder writable = new StringBuilder();
    // With a dash it need not exist.
    mounted.ifPresent(
        path -> writable.append("\nReadWritePaths=").append(word("-" + PathBytes.toText(path))));
    stateDirectory.ifPresent(state -> writable.append("\nReadWritePaths=").append(word(state)));
    return text.replaceFirst("(?m)^(ProtectHome=.*)$", "$1" + literal(writable.toString()));
  }

  /** Starts it once a day, at a time such as {@code 02:15}. */
  public String timer(String timeOfDay) {
    return template("mtb@.timer")
        .replaceFirst("(?m)^OnCalendar=.*$", "OnCalendar=*-*-* " + timeOfDay);
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
