package dev.mtb.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The command line; {@code benchmarks/run --help} explains it. */
final class Options {
  Mode mode = Mode.S3FS;
  Path jar = Path.of("target/mtb.jar");

  /** Other versions of MTB, each measured as a tool of its own. */
  final List<Tool> furtherJars = new ArrayList<>();

  Path work = Path.of("/tmp");
  Path out = Path.of("benchmarks/results");
  int threads = 64;
  int repeat = 1;
  boolean alone;
  Duration limit = Duration.ofSeconds(420);
  List<String> mountOptions = List.of();
  Optional<List<Link>> links = Optional.empty();
  Optional<List<Scenario>> scenarios = Optional.empty();
  Optional<List<Tool>> tools = Optional.empty();
  Optional<Integer> files = Optional.empty();
  Optional<Integer> directories = Optional.empty();
  Optional<Integer> fileKilobytes = Optional.empty();
  Optional<Integer> largeMebibytes = Optional.empty();
  Optional<Path> trace = Optional.empty();

  /** The folder with the server's certificate, if tools reach the bucket over HTTPS. */
  Optional<Path> tls = Optional.empty();

  Path source = Path.of("/usr");

  /** Tools that cannot be measured here, by what they are called in the option. */
  final Set<String> missing = new TreeSet<>();

  private Options() {}

  static Options parse(String... args) {
    Options options = new Options();
    Deque<String> words = new ArrayDeque<>(Arrays.asList(args));
    while (!words.isEmpty()) {
      String word = words.pop();
      if (word.equals("local")) {
        options.mode = Mode.LOCAL;
      } else if (word.equals("bucket")) {
        options.mode = Mode.BUCKET;
      } else if (word.equals("--alone")) {
        options.alone = true;
      } else if (words.isEmpty()) {
        throw new IllegalArgumentException("not an option, or without its value: " + word);
      } else {
        options.set(word, words.pop());
      }
    }
    return options;
  }

  private void set(String name, String value) {
    switch (name) {
      case "--jar" -> jar = Path.of(value).toAbsolutePath();
      case "--further-jar" -> furtherJars.add(Tool.launcherOf(Path.of(value).toAbsolutePath()));
      case "--work" -> work = Path.of(value).toAbsolutePath();
      case "--out" -> out = Path.of(value).toAbsolutePath();
      case "--threads" -> threads = positive(name, value);
      case "--repeat" -> repeat = positive(name, value);
      case "--limit" -> limit = Duration.ofSeconds(positive(name, value));
      case "--mount-options" -> mountOptions = words(value);
      case "--rtt" -> links = Optional.of(words(value).stream().map(Link::parse).toList());
      case "--scenarios" ->
          scenarios = Optional.of(words(value).stream().map(Scenario::parse).toList());
      case "--tools" -> tools = Optional.of(words(value).stream().map(Tool::parse).toList());
      case "--files" -> files = Optional.of(positive(name, value));
      case "--directories" -> directories = Optional.of(positive(name, value));
      case "--file-kb" -> fileKilobytes = Optional.of(positive(name, value));
      case "--large-mib" -> largeMebibytes = Optional.of(positive(name, value));
      case "--trace" -> trace = Optional.of(Path.of(value).toAbsolutePath());
      case "--tls" -> tls = Optional.of(Path.of(value).toAbsolutePath());
      case "--source" -> source = Path.of(value).toAbsolutePath();
      default -> throw new IllegalArgumentException("no option " + name);
    }
  }

  private static List<String> words(String value) {
    return value.isEmpty() ? List.of() : List.of(value.split(","));
  }

  private static int positive(String name, String value) {
    try {
      int number = Integer.parseInt(value);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Falls through to the message.
    }
    throw new IllegalArgumentException(name + " takes a number above zero, not " + value);
  }
}
