package dev.mtb.cli;

import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments as the bytes that were typed. Java decodes them on the way, and under {@code
 * LC_ALL=C} (cron's default) loses every byte above 127; the kernel still has them.
 */
final class RawArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private RawArguments() {}

  /** Gives the arguments in the form that {@link PathBytes#fromText} understands. */
  static String[] recover(String[] decoded) {
    boolean isAscii = true;
    for (String argument : decoded) {
      isAscii &= isAscii(argument);
    }
    if (isAscii) {
      return decoded;
    }
    try {
      return match(decoded, Files.readAllBytes(COMMAND_LINE));
    } catch (IOException e) {
      // Not Linux: what Java made of them has to do.
      return decoded;
    }
  }

  /** The program's arguments are the last of the process; the JVM's stand before them. */
  static String[] match(String[] decoded, byte[] commandLine) {
    List<String> all = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < commandLine.length; i++) {
      if (commandLine[i] == 0) {
        byte[] word = new byte[i - start];
        System.arraycopy(commandLine, start, word, 0, word.length);
        all.add(PathBytes.toText(word));
        start = i + 1;
      }
    }
    if (all.size() < decoded.length) {
      return decoded;
    }
    List<String> last = all.subList(all.size() - decoded.length, all.size());
    for (int i = 0; i < decoded.length; i++) {
      // Words that came from elsewhere (an @file of the launcher) are not in the command line.
      if (isAscii(decoded[i]) && !decoded[i].equals(last.get(i))) {
        return decoded;
      }
    }
    return last.toArray(String[]::new);
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }
}
