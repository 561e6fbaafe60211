package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.cli.text.OptionNames;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The library names what a program sets, the command what its user types. */
class OptionNamesTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/mtb");

  @Test
  void names_becomeOptions() {
    assertThat(OptionNames.inFlags("try fewer Concurrency.threads (or Via.MOUNT)"))
        .isEqualTo("try fewer --threads (or --via mount)");
    assertThat(
            OptionNames.inFlags("Limits.maxDurationX stays, as Concurrency.threads.txt does not"))
        .isEqualTo("Limits.maxDurationX stays, as --threads.txt does not");
  }

  @Test
  void options_exist() {
    PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
    Set<String> known =
        Stream.of(
                new BackupCommand(nowhere, nowhere),
                new RestoreCommand(nowhere, nowhere),
                new ListCommand(nowhere, nowhere))
            .map(CommandLine::new)
            .flatMap(command -> command.getCommandSpec().optionsMap().keySet().stream())
            .collect(Collectors.toSet());
    known.addAll(Set.of("mtb"));
    for (String flag : OptionNames.FLAGS.values()) {
      assertThat(known).contains(flag.split(" ", 2)[0]);
    }
  }

  /** A message with an option would make no sense to a program; one that is not known stays. */
  @Test
  void messagesOfTheLibrary_nameNoOption_andOnlyKnownNames() throws IOException {
    Pattern option = Pattern.compile("\"[^\"\n]*[ (]--[a-z][^\"\n]*\"");
    Pattern name =
        Pattern.compile(
            "\"[^\"\n"
                + "]*\\b((?:BackupJob|RestoreJob|ListJob|Mtb|BackupOptions|CompareMode|Concurrency|Connection"
                + "|Deletion|Filters|KeptAttributes|Limits|OldVersions|Via|Waiting)\\.[A-Za-z0-9]+)");
    Set<String> options = new TreeSet<>();
    Set<String> unknown = new TreeSet<>();
    for (Path file : libraryFiles()) {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      option.matcher(text).results().forEach(found -> options.add(file + ": " + found.group()));
      name.matcher(text)
          .results()
          .map(found -> found.group(1))
          .filter(found -> !OptionNames.FLAGS.containsKey(found))
          .forEach(unknown::add);
    }
    assertThat(options).isEmpty();
    assertThat(unknown).isEmpty();
  }

  private static List<Path> libraryFiles() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.startsWith(SOURCES.resolve("cli")))
          .filter(file -> !file.startsWith(SOURCES.resolve("doctor")))
          .toList();
    }
  }
}
