package dev.mtb.cli.setup;

import com.google.common.base.Splitter;
import dev.mtb.model.InvalidJobException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The names and places of what one backup is set up with.
 *
 * @param name of the backup: {@code mtb@NAME.timer} is a unit of systemd
 * @param directory of the file of options
 * @param units the directory of the units of systemd
 * @param ofSystem whether systemd runs it for the system, and not for one user
 */
public record BackupSetup(String name, Path directory, Path units, boolean ofSystem) {
  /** What stands for itself in the name of a unit (systemd.unit(5)), and is no hidden file. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

  private static final Pattern TIME = Pattern.compile("([01]?[0-9]|2[0-3]):[0-5][0-9]");

  private static final String SUFFIX = ".conf";

  /**
   * Checks the name.
   *
   * @throws InvalidJobException if it is not allowed
   */
  public BackupSetup {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidJobException(
          "the name of a backup has letters, digits, '_', '.' and '-' only, and '"
              + name
              + "' has others, or none, or more than 64");
    }
  }

  /** Where files of options are for root, and for other users (the XDG specification). */
  public static Path defaultDirectory(boolean isRoot) {
    return isRoot ? Path.of("/etc/mtb") : ofUser().resolve("mtb");
  }

  /** Where an administrator's units are, and a user's (systemd.unit(5)). */
  public static Path defaultUnits(boolean isRoot) {
    return isRoot ? Path.of("/etc/systemd/system") : ofUser().resolve("systemd/user");
  }

  private static Path ofUser() {
    String xdg = System.getenv("XDG_CONFIG_HOME");
    return xdg == null || xdg.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".config")
        : Path.of(xdg);
  }

  /** The name of the backup whose options a file has; the file's own without its ending. */
  public static String nameOf(Path optionsFile) {
    String file = optionsFile.getFileName().toString();
    return file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
  }

  /** Whether a file can be one of options. */
  public static boolean isOptionsFile(Path file) {
    return file.toString().endsWith(SUFFIX) && NAME.matcher(nameOf(file)).matches();
  }

  /**
   * Reads a time of day.
   *
   * @return in the form {@code 02:15}
   * @throws InvalidJobException if it is none
   */
  public static String timeOfDay(String text) {
    if (!TIME.matcher(text).matches()) {
      throw new InvalidJobException("'" + text + "' is no time of day such as 02:15");
    }
    List<String> parts = Splitter.on(':').splitToList(text);
    return String.format(Locale.ROOT, "%02d:%s", Integer.parseInt(parts.get(0)), parts.get(1));
  }

  public Path optionsFile() {
    return directory.resolve(name + SUFFIX);
  }

  /** The file of variables that the nightly run gets, such as {@code AWS_PROFILE}. */
  public Path environmentFile() {
    return directory.resolve(name + ".env");
  }

  public String timer() {
    return "mtb@" + name + ".timer";
  }

  public String service() {
    return "mtb@" + name + ".service";
  }

  /** How systemd is told to start it every night. */
  public String enableCommand() {
    String systemctl = ofSystem ? "systemctl" : "systemctl --user";
    return systemctl + " daemon-reload && " + systemctl + " enable --now " + timer();
  }

  /** The text of the file of options. */
  public String optionsText(OptionLines options) {
    return OPTIONS_BEGINNING
        + ", one a line. By hand: mtb backup @"
        + optionsFile()
        + "\n# Every night: "
        + enableCommand()
        + "\n"
        + String.join("\n", options.lines())
        + "\n";
  }

  private static final String OPTIONS_BEGINNING = "# Options of a backup";

  /** Whether a text is the beginning of such a file. */
  public static boolean isOptionsText(String text) {
    return text.startsWith(OPTIONS_BEGINNING);
  }
}
