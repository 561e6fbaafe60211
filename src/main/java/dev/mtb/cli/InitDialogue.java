package dev.mtb.cli;

import com.google.common.primitives.Ints;
import dev.mtb.cli.text.Text;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.S3Location;
import dev.mtb.place.KnownMounts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Asks a user on a terminal what to back up, and where to. */
final class InitDialogue {
  private final BufferedReader in;
  private final PrintStream out;

  InitDialogue(InputStream in, PrintStream out) {
    this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    this.out = out;
  }

  /** The answers as a command line of {@code mtb backup}. */
  List<String> words() throws IOException {
    List<String> words = new ArrayList<>();
    List<String> sources = sources();
    words.add("--base");
    words.add(ask("Directory that their names in the backup are relative to", base(sources)));
    String destination = destination();
    if (S3Location.isLocation(destination)) {
      addIfGiven(words, "--endpoint-url", "URL of the server (empty: Amazon's)");
      addIfGiven(
          words, "--passwd-file", "Password file of s3fs with the keys (empty: as AWS tools do)");
    }
    words.add("--");
    words.addAll(sources);
    words.add(destination);
    return words;
  }

  private List<String> sources() throws IOException {
    List<String> sources = new ArrayList<>();
    sources.add(absolute(ask("File or directory to back up", System.getProperty("user.home"))));
    for (String next = more(); !next.isEmpty(); next = more()) {
      sources.add(absolute(next));
    }
    return sources;
  }

  private String more() throws IOException {
    return ask("One more (empty: no more)", "");
  }

  private static String absolute(String text) {
    return Path.of(text).toAbsolutePath().normalize().toString();
  }

  /** The directory that holds all of them. */
  private static String base(List<String> sources) {
    Path base = Path.of(sources.get(0)).getParent();
    for (String source : sources) {
      while (base != null && !Path.of(source).startsWith(base)) {
        base = base.getParent();
      }
    }
    return base == null ? "/" : base.toString();
  }

  private String destination() throws IOException {
    List<Path> mounts = KnownMounts.mounted();
    for (int i = 0; i < mounts.size(); i++) {
      out.println("  " + (i + 1) + ": " + Text.path(mounts.get(i)) + " (S3FS)");
    }
    String answer =
        ask(
            mounts.isEmpty()
                ? "Where to: s3://BUCKET/PREFIX or a directory"
                : "Where to: a number, s3://BUCKET/PREFIX or a directory",
            mounts.isEmpty() ? "" : "1");
    Integer number = Ints.tryParse(answer);
    if (number == null || number < 1 || number > mounts.size()) {
      return S3Location.isLocation(answer) || answer.isEmpty() ? answer : absolute(answer);
    }
    return mounts.get(number - 1).resolve(ask("Directory on it", "backup")).toString();
  }

  private void addIfGiven(List<String> words, String option, String question) throws IOException {
    String answer = ask(question, "");
    if (!answer.isEmpty()) {
      words.add(option);
      words.add(answer);
    }
  }

  /** Asks for a text. */
  String ask(String question, String otherwise) throws IOException {
    out.print(question + (otherwise.isEmpty() ? ": " : " [" + otherwise + "]: "));
    out.flush();
    String line = in.readLine();
    if (line == null) {
      out.println();
      throw new InvalidJobException("the input has ended; nothing was written");
    }
    return line.isBlank() ? otherwise : line.strip();
  }

  /** Asks for consent. */
  boolean agrees(String question) {
    try {
      return ask(question + "? yes or no", "yes").toLowerCase(Locale.ROOT).startsWith("y");
    } catch (IOException e) {
      return false;
    }
  }
}
