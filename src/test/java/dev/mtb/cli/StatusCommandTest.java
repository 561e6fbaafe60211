package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.cli.setup.RunRecord;
import dev.mtb.cli.setup.RunRecords;
import dev.mtb.cli.setup.Timers;
import dev.mtb.options.BackupOptions;
import dev.mtb.state.StateDirectory;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.RandomTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user learns of the runs that nobody watched. */
class StatusCommandTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private Path conf;
  private String out;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    destination = temp.resolve("backup");
    conf = temp.resolve("conf/home.conf");
    RandomTree.write(source.resolve("a"), "aaa");
    write("a");
  }

  private void write(String... words) throws Exception {
    Files.createDirectories(conf.getParent());
    List<String> lines = new ArrayList<>(List.of("--base " + source));
    lines.addAll(List.of(words));
    lines.add(destination.toString());
    Files.write(conf, lines);
  }

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    out = result.out();
    err = result.err();
    return result.exitCode();
  }

  private int status(String... more) {
    return mtb(
        Stream.concat(
                Stream.of("status", "--config-dir", conf.getParent().toString()), Stream.of(more))
            .toArray(String[]::new));
  }

  private JsonNode json(String... more) throws Exception {
    int unused = status(Stream.concat(Stream.of("--json"), Stream.of(more)).toArray(String[]::new));
    return new ObjectMapper().readTree(out);
  }

  /** That of this backup: the state directory is that of all tests. */
  private JsonNode ofConf() throws Exception {
    for (JsonNode backup : json()) {
      if (backup.path("optionsFile").asText().equals(conf.toString())) {
        return backup;
      }
    }
    throw new AssertionError(out);
  }

  @Test
  void backupThatNeverRan_isNoGoodOne() throws Exception {
    assertThat(status()).isEqualTo(23);
    assertThat(out).contains(destination + " (" + conf + ")").contains("last run      never");
    assertThat(ofConf().path("good").asBoolean()).isFalse();
  }

  @Test
  void lastRunAndLastSuccess_areThoseOfTheRuns() throws Exception {
    assertThat(mtb("backup", "@" + conf)).as(err).isZero();
    assertThat(status()).as(out).isZero();
    assertThat(out)
        .contains("exit code 0: 1 file copied (3 B)")
        .containsPattern("next run +(none: mtb@home.timer is not enabled|not known: systemd)");
    String success = ofConf().path("lastSuccess").asText();
    assertThat(success).isNotEmpty();

    write("a", "gone");
    assertThat(mtb("backup", "@" + conf)).isEqualTo(23);

    assertThat(status()).isEqualTo(23);
    assertThat(out).contains("exit code 23: INCOMPLETE").contains("gone: ");
    JsonNode failed = ofConf();
    assertThat(failed.path("lastSuccess").asText()).isEqualTo(success);
    assertThat(failed.at("/lastRun/state").asText()).isEqualTo("failed");
    assertThat(failed.at("/lastRun/exitCode").asInt()).isEqualTo(23);
    assertThat(failed.at("/lastRun/failures/0").asText()).startsWith("gone: ");

    write("a");
    assertThat(mtb("backup", "@" + conf)).isZero();
    assertThat(status()).isZero();
    assertThat(ofConf().at("/lastRun/failures")).isEmpty();
  }

  @Test
  void dryRun_isNoRun() throws Exception {
    assertThat(mtb("backup", "@" + conf, "-n")).isZero();
    assertThat(status()).isEqualTo(23);
    assertThat(ofConf().has("lastRun")).isFalse();
  }

  /** A mistake in the file is found at night, when nobody sees the message. */
  @Test
  void runThatCouldNotBegin_isTold() throws Exception {
    assertThat(mtb("backup", "@" + conf)).isZero();
    write("--threds 3", "a");
    assertThat(mtb("backup", "@" + conf)).isEqualTo(2);

    assertThat(status()).isEqualTo(23);
    assertThat(out)
        .contains("problem")
        .contains("--threds")
        .contains("exit code 2: Unknown option: '--threds")
        .doesNotContain("last success  never");
  }

  @Test
  void runThatWasKilled_isTold() throws Exception {
    assertThat(mtb("backup", "@" + conf)).isZero();
    RunRecords records = RunRecords.in(StateDirectory.of(BackupOptions.builder().build()));
    assertThat(records.begin(destination.toString(), conf.toString(), false)).isPresent();
    assertThat(ofConf().at("/lastRun/state").asText()).isEqualTo("running");
    // A process that ran at another time, and had the same number.
    setProcess(records, ProcessHandle.current().pid() + " 2020-01-01T00:00:00Z");

    assertThat(status()).isEqualTo(23);

    assertThat(out).contains("did not end: it was killed").doesNotContain("last success  never");
    assertThat(ofConf().at("/lastRun/state").asText()).isEqualTo("not ended");
  }

  private void setProcess(RunRecords records, String process) throws Exception {
    Path file = recordOf(records, conf);
    String text = Files.readString(file);
    Files.writeString(file, text.replaceAll("(?m)^process=.*$", "process=" + process));
  }

  /** A run of another process. */
  private RunRecord begin(RunRecords records, Process other) throws Exception {
    assertThat(records.begin(destination.toString(), conf.toString(), false)).isPresent();
    setProcess(records, other.pid() + " " + other.info().startInstant().orElseThrow());
    return records.find("", conf.toString()).orElseThrow();
  }

  @Test
  void runThatAnotherRefuses_doesNotTakeItsPlace() throws Exception {
    Process other = new ProcessBuilder("sleep", "300").start();
    try {
      RunRecords records = RunRecords.in(StateDirectory.of(BackupOptions.builder().build()));
      assertThat(mtb("backup", "@" + conf)).isZero();
      RunRecord first = begin(records, other);

      assertThat(mtb("backup", "@" + conf, "--threds")).isEqualTo(2);
      RunRecord late = records.begin(destination.toString(), conf.toString(), false).orElseThrow();

      assertThat(status()).as(out).isZero();
      assertThat(out).contains("still running").containsPattern("earlier .*exit code 2: ");

      records.end(first, 23, "the first", List.of("f: bad"));
      assertThat(status()).isEqualTo(23);
      assertThat(out).containsPattern("last run .*the first").containsPattern("earlier .*code 2: ");

      records.end(late, 0, "the second", List.of());
      assertThat(status()).isZero();
      assertThat(out)
          .containsPattern("last run .*the second")
          .containsPattern("earlier .*the first")
          .containsPattern("earlier .*code 2: ")
          .doesNotContain("did not end");
    } finally {
      other.destroyForcibly();
    }
  }

  /** If it is killed later, that must be told. */
  @Test
  void runThatWaitsForAnother_isTheLastOne() throws Exception {
    Process first = new ProcessBuilder("sleep", "300").start();
    Process second = new ProcessBuilder("sleep", "300").start();
    try {
      RunRecords records = RunRecords.in(StateDirectory.of(BackupOptions.builder().build()));
      RunRecord earlier = begin(records, first);
      assertThat(records.begin(destination.toString(), conf.toString(), true)).isPresent();
      setProcess(records, second.pid() + " " + second.info().startInstant().orElseThrow());

      records.end(earlier, 23, "the first", List.of());

      assertThat(ofConf().at("/lastRun/state").asText()).isEqualTo("running");
      int unused = status();
      assertThat(out).containsPattern("earlier .*the first").doesNotContain("did not end");
      second.destroyForcibly().waitFor();
      assertThat(status()).isEqualTo(23);
      assertThat(out).containsPattern("last run .*did not end: it was killed");
    } finally {
      first.destroyForcibly();
      second.destroyForcibly();
    }
  }

  private static Path recordOf(RunRecords records, Path conf) throws Exception {
    try (Stream<Path> files = Files.list(records.directory())) {
      return files.filter(file -> contains(file, conf.toString())).findFirst().orElseThrow();
    }
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.readString(file).contains(text);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** A failed try by hand must not raise an alarm for ever. */
  @Test
  void runsThatWereTyped_countOnlyIfTheyAreAskedFor() throws Exception {
    Path other = temp.resolve("other");
    assertThat(mtb("backup", "@" + conf)).isZero();
    assertThat(mtb("backup", "-b", source.toString(), "gone", other.toString())).isEqualTo(23);

    assertThat(status()).isZero();
    assertThat(out).doesNotContain(other.toString());
    assertThat(status("--all")).isZero();
    assertThat(out).contains(other + "\n");
    assertThat(status(other.toString())).isEqualTo(23);
    assertThat(out).contains(other + "\n").doesNotContain(destination.toString());
    assertThat(status(temp.resolve("unknown").toString())).isEqualTo(23);
    assertThat(out).contains("last run      never").contains("no run to it is remembered");
    assertThat(status("hmoe")).isEqualTo(23);
    assertThat(out).startsWith("hmoe\n").contains("there is no file of options of this name");
    assertThat(status(destination.toString())).isZero();
    assertThat(status("home")).isZero();
    assertThat(out).contains(destination.toString());
  }

  /** It is refused after it has begun. */
  @Test
  void runThatWouldBackItselfUp_isToldWithItsReason() throws Exception {
    destination = source.resolve("sub/backup");
    write(".");
    assertThat(mtb("backup", "@" + conf)).as(err).isEqualTo(2);

    assertThat(status()).isEqualTo(23);
    assertThat(ofConf().at("/lastRun/state").asText()).isEqualTo("failed");
    assertThat(ofConf().at("/lastRun/summary").asText()).isNotEmpty();
    assertThat(out).doesNotContain("wrong usage");
  }

  @Test
  void earlierRuns_areThoseOfAWeek() throws Exception {
    write("gone");
    assertThat(mtb("backup", "@" + conf)).isEqualTo(23);
    write("a");
    for (int run = 0; run < 8; run++) {
      assertThat(mtb("backup", "@" + conf)).isZero();
      if (run == 0) {
        assertThat(status()).isZero();
        assertThat(out).containsPattern("earlier .*exit code 23: INCOMPLETE");
      }
    }
    assertThat(status()).isZero();
    assertThat(out.lines().filter(line -> line.contains("  earlier  "))).hasSize(6);
    assertThat(out).doesNotContain("exit code 23");
  }

  @Test
  void successThatIsTooLongAgo_isNone() throws Exception {
    assertThat(mtb("backup", "@" + conf)).isZero();
    assertThat(status("--max-age", "1h")).isZero();
    Thread.sleep(5);
    assertThat(status("--max-age", "1ms")).isEqualTo(23);
  }

  /** A backup whose file of options is elsewhere must not be forgotten. */
  @Test
  void optionsFileInAnotherDirectory_isShownToo() throws Exception {
    Path elsewhere = temp.resolve("elsewhere/other.conf");
    Files.createDirectories(elsewhere.getParent());
    Files.move(conf, elsewhere);
    write("gone");
    assertThat(mtb("backup", "@" + conf)).isEqualTo(23);
    assertThat(mtb("backup", "@" + elsewhere)).isZero();

    assertThat(status(destination.toString())).isEqualTo(23);

    assertThat(out).contains("(" + elsewhere + ")").contains("(" + conf + ")");
  }

  @Test
  void nextRun_isWhatSystemdSays() throws Exception {
    Path script =
        Files.createFile(
            temp.resolve("systemctl"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(
        script,
        "#!/bin/sh\n[ \"$4\" = mtb@home.timer ] && echo 'Wed 2026-12-02 02:15:00 UTC' || echo\n");
    Timers timers = new Timers(List.of(script.toString()));

    assertThat(timers.next("mtb@home.timer").at()).contains("Wed 2026-12-02 02:15:00 UTC");
    assertThat(timers.next("mtb@other.timer"))
        .isEqualTo(new Timers.Next(Optional.empty(), /* isKnown= */ true));
    assertThat(new Timers(List.of(temp.resolve("none").toString())).next("mtb@home.timer"))
        .isEqualTo(Timers.Next.UNKNOWN);
  }
}
