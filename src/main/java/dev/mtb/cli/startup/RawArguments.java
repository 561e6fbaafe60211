package dev.mtb.cli.startup;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The arguments as the bytes that were typed. Java decodes them, and under {@code LC_ALL=C} (cron's
 * default) loses every byte above 127; the kernel still has them.
 */
public final class RawArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private RawArguments() {}

  /** Returns the arguments in the form that {@link PathBytes#fromText} understands. */
  public static String[] recover(String[] decoded) {
    if (Arrays.stream(decoded).allMatch(CharMatcher.ascii()::matchesAllOf)) {
      return decoded;
    }
    try {
      return match(decoded, Files.readAllBytes(COMMAND_LINE));
    } catch (IOException e) {
      // Not Linux: the decoded arguments are all there is.
      return decoded;
    }
  }

  /** The program's arguments are the last of the process; the JVM's stand before them. */
  static String[] match(String[] decoded, byte[] commandLine) {
    // Each argument ends with a NUL.
    List<String> all = Splitter.on('\0').splitToList(PathBytes.toText(commandLine));
    int start = all.size() - 1 - decoded.length;
    if (start < 0) {
      return decoded;
    }
    List<String> last = all.subList(start, all.size() - 1);
    for (int i = 0; i < decoded.length; i++) {
      // Words from a file of the JVM's launcher (java @FILE) are not in the command line.
      if (CharMatcher.ascii().matchesAllOf(decoded[i]) && !decoded[i].equals(last.get(i))) {
        return decoded;
      }
    }
    return last.toArray(String[]::new);
  }
}
