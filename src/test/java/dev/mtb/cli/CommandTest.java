package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.cli.watch.Logging;
import dev.mtb.model.InvalidJobException;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.RandomTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the user types, and what comes back. */
class CommandTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private String out;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    destination = temp.resolve("backup");
    RandomTree.write(source.resolve("a"), "aaa");
    RandomTree.write(source.resolve("sub/b"), "bb");
  }

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    out = result.out();
    err = result.err();
    return result.exitCode();
  }

  private int backup(String... more) {
    List<String> args = new ArrayList<>(List.of("backup", "-b", source.toString()));
    args.addAll(List.of(more));
    args.add(destination.toString());
    return mtb(args.toArray(String[]::new));
  }

  @Test
  void backup_itemizes_thenFindsNothing_thenVerifies() throws Exception {
    assertThat(backup("-i", ".")).isZero();
    assertThat(out.lines())
        .containsExactlyInAnyOrder("new: ./", "new: a", "new: sub/", "new: sub/b");
    assertThat(err).contains("2 files copied").contains("0 failed");
    assertThat(backup("-i", ".")).isZero();
    assertThat(out).isEmpty();
    assertThat(mtb("verify", "-b", source.toString(), ".", destination.toString())).isZero();
    RandomTree.write(destination.resolve("a"), "AAA");
    assertThat(mtb("verify", "-b", source.toString(), ".", destination.toString())).isEqualTo(23);
    assertThat(out).contains("content differs: a");
  }

  private int verify(String... more) {
    List<String> args = new ArrayList<>(List.of("verify", "-b", source.toString()));
    args.addAll(List.of(more));
    args.add(destination.toString());
    return mtb(args.toArray(String[]::new));
  }

  @Test
  void verify_countsWhatIsExtra_namesItOnRequest_andIsStrictOnRequest() throws Exception {
    Path report = temp.resolve("report.json");
    assertThat(backup(".")).isZero();
    assertThat(verify("-i", "--strict", ".")).isZero();
    assertThat(out).isEmpty();
    assertThat(err).contains("2 of 2 files as they should be").doesNotContain("extra");
    FileTime time = Files.getLastModifiedTime(destination);
    RandomTree.write(destination.resolve("gone/extra"), "extra");
    RandomTree.write(destination.resolve("old~"), "old version");
    Files.setLastModifiedTime(destination, time);

    assertThat(verify("--report", report.toString(), ".")).isZero();
    assertThat(out).isEmpty();
    assertThat(err).contains("0 differences or failures, 2 extra in the backup (-i names them)");
    JsonNode json = new ObjectMapper().readTree(report.toFile());
    assertThat(json.at("/files/extra").asInt()).isEqualTo(2);
    assertThat(json.at("/files/failed").asInt()).isZero();
    assertThat(verify("-i", ".")).isZero();
    assertThat(out.lines())
        .containsExactlyInAnyOrder(
            "not in source: old~", "not in source: gone/", "not in source: gone/extra");
    assertThat(verify("-i", "--suffix", "~", "--exclude", "gone", ".")).isZero();
    assertThat(out).isEmpty();
    assertThat(verify("--backup-dir", "gone", "--suffix", "~", "-i", "--strict", "."))
        .isEqualTo(23);
    assertThat(out.lines()).containsExactly("not in source: old~");

    // A line for each that differs, too, and never two for one.
    RandomTree.write(destination.resolve("a"), "AAA");
    for (String strict : List.of("--strict", "-v")) {
      assertThat(verify("-i", strict, "--suffix", "~", ".")).isEqualTo(23);
      assertThat(out.lines().map(line -> line.replaceAll("/$", "")))
          .containsExactlyInAnyOrder(
              "content differs: a", "not in source: gone", "not in source: gone/extra");
    }
  }

  @Test
  void dryRun_changesNothing() {
    assertThat(backup("-n", ".")).isZero();
    assertThat(out.lines()).contains("new: a", "new: sub/b");
    assertThat(destination).doesNotExist();
  }

  @Test
  void dryRun_isSortedByPath_aDirectoryBeforeWhatIsInIt() throws Exception {
    for (String name : List.of("sub-x/y", "sub.txt", "sub/a/z", "b/c", "z")) {
      RandomTree.write(source.resolve(name), "x");
    }
    RandomTree.write(destination.resolve("old/file"), "x");
    assertThat(backup("-n", "-i", "--delete", "-t", "8", ".")).isZero();
    // The root comes first, if its mtime differs.
    assertThat(out.lines().dropWhile("mtime differs: ./"::equals))
        .containsExactly(
            "new: a",
            "new: b/",
            "new: b/c",
            "deleting old/",
            "deleting old/file",
            "new: sub/",
            "new: sub/a/",
            "new: sub/a/z",
            "new: sub/b",
            "new: sub-x/",
            "new: sub-x/y",
            "new: sub.txt",
            "new: z");
  }

  @Test
  void whatIsSkipped_isNamedWithTheReason_whenMoreIsAskedFor() throws Exception {
    new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor();
    RandomTree.write(destination.resolve("a"), "newer");
    Files.setLastModifiedTime(
        destination.resolve("a"), FileTime.from(Instant.now().plusSeconds(3600)));
    RandomTree.write(destination.resolve("sub/b"), "older");
    // On a busy machine some time has passed since the source was written.
    Files.setLastModifiedTime(
        destination.resolve("sub/b"), FileTime.from(Instant.now().minusSeconds(3600)));

    assertThat(backup("-n", "-u", "--max-transfer", "1B", ".")).isEqualTo(23);
    assertThat(err).doesNotContain("pipe");
    assertThat(backup("-v", "-n", "-u", "--max-transfer", "1B", ".")).isEqualTo(23);
    assertThat(err)
        .contains("mtb: skipped pipe: a device, socket or pipe\n")
        .contains("mtb: skipped a: it is newer at the destination (--update)\n")
        .contains("mtb: skipped sub/b: left for the next run by --max-transfer or");
    assertThat(backup("-v", "-n", "--ignore-existing", ".")).isZero();
    assertThat(err).contains("skipped pipe").doesNotContain("skipped sub/b");
    assertThat(backup("-vv", "-n", "--ignore-existing", ".")).isZero();
    assertThat(err)
        .contains("skipped sub/b: it is at the destination already (--ignore-existing)\n");
    assertThat(backup("-v", "-q", "-n", ".")).isZero();
    assertThat(err).doesNotContain("pipe");
  }

  @Test
  void report_hasTheNamesThatOtherProgramsRelyOn() throws Exception {
    RandomTree.write(source.resolve("c"), RandomTree.bytes(1, 1000), Instant.EPOCH);
    assertThat(backup("--report", "-", ".", "missing")).isEqualTo(23);
    JsonNode json = new ObjectMapper().readTree(out);
    assertThat(json.at("/status").asText()).isEqualTo("partial");
    assertThat(json.at("/exitCode").asInt()).isEqualTo(23);
    assertThat(json.at("/dryRun").isBoolean()).isTrue();
    assertThat(Instant.parse(json.at("/startedAt").asText())).isBefore(Instant.now());
    assertThat(json.at("/elapsedSeconds").isNumber()).isTrue();
    assertThat(json.at("/files/scanned").asInt()).isEqualTo(3);
    assertThat(json.at("/files/copied").asInt()).isEqualTo(3);
    assertThat(json.at("/files/failed").asInt()).isEqualTo(1);
    for (String count : List.of("unchanged", "deleted", "skipped")) {
      assertThat(json.at("/files/" + count).isInt()).as(count).isTrue();
    }
    assertThat(json.at("/bytes/copied").asInt()).isEqualTo(1005);
    assertThat(json.at("/bytes/scanned").asInt()).isEqualTo(1005);
    assertThat(json.at("/directories/created").asInt()).isEqualTo(1);
    assertThat(json.at("/failures/0/path").asText()).endsWith("missing");
    assertThat(json.at("/failures/0/stage").asText()).isEqualTo("scan");
    assertThat(json.at("/failures/0/error").asText()).contains("no such file");

    Path file = RandomTree.write(temp.resolve("report.json"), "an older one");
    assertThat(backup("--report", file.toString(), ".")).isZero();
    assertThat(new ObjectMapper().readTree(Files.readString(file)).at("/status").asText())
        .isEqualTo("ok");
  }

  @Test
  void list_fromAFile_withNulls() throws Exception {
    Path list = Files.writeString(temp.resolve("list"), "a\0sub/b\0");
    assertThat(backup("-0", "-l", list.toString())).isZero();
    assertThat(err).contains("2 files copied");
  }

  @Test
  void wrongUsage_saysWhatIsWrong_andExitsWith2() throws Exception {
    Path empty = Files.writeString(temp.resolve("empty"), "");
    Path nulls = Files.write(temp.resolve("nulls"), new byte[] {'a', 0, 'b'});
    byte[] noise = new byte[100_000];
    new Random(42).nextBytes(noise);
    Path rubbish = Files.write(temp.resolve("rubbish"), noise);
    assertUsage("no command given");
    assertUsage("there is no command 'restor'; did you mean 'restore'?", "restor");
    assertUsage("Unknown option: '--bogus'", "backup", "--bogus", "a", "b");
    assertUsage("no destination", "backup");
    assertUsage("nothing to back up", "backup", destination.toString());
    assertUsage("must be the first word after the command", "backup", "-n", "@/etc/mtb/x.conf");
    assertUsage("between 1 and", "backup", "-t", "0", source.toString(), destination.toString());
    assertUsage(
        "between 1 and", "backup", "-t", "1000000", source.toString(), destination.toString());
    assertUsage("'many' is not an int", "backup", "-t", "many", "a", destination.toString());
    assertUsage("'newer' is none of", "backup", "--compare", "newer", "a", destination.toString());
    assertUsage("not a duration", "backup", "--modify-window", "x", "a", destination.toString());
    assertUsage("there is no list", "backup", "-l", "/no/such/list", destination.toString());
    assertUsage("names no file", "backup", "-l", empty.toString(), destination.toString());
    assertUsage("--from0", "backup", "-l", nulls.toString(), destination.toString());
    assertUsage("NUL", "backup", "-l", rubbish.toString(), destination.toString());
    assertUsage(
        "the list /dev/null names no file", "backup", "-l", "/dev/null", destination.toString());
    assertUsage("cannot be read", "backup", "-l", temp.toString(), destination.toString());
    assertUsage(
        "inside the source", "backup", source.toString(), source.resolve("backup").toString());
    assertUsage("inside the destination", "backup", source.toString(), temp.toString());
    assertThat(destination).doesNotExist();
  }

  private void assertUsage(String message, String... args) {
    assertThat(mtb(args)).as("%s", String.join(" ", args)).isEqualTo(2);
    assertThat(err).contains(message).contains("--help").doesNotContain("\tat ");
    assertThat(out).isEmpty();
  }

  @Test
  void unusableDestination_exitsWith10_andStillWritesTheReport() throws Exception {
    Path file = RandomTree.write(temp.resolve("file"), "x");
    assertThat(mtb("backup", "--report", "-", source.resolve("a").toString(), file.toString()))
        .isEqualTo(10);
    assertThat(err).contains("is not a directory");
    JsonNode json = new ObjectMapper().readTree(out);
    assertThat(json.at("/status").asText()).isEqualTo("failed");
    assertThat(json.at("/exitCode").asInt()).isEqualTo(10);
    assertThat(json.at("/failures/0/error").asText()).contains("is not a directory");
  }

  @Test
  void helpAndVersion() {
    assertThat(mtb("--version")).isZero();
    assertThat(out).startsWith("mtb ");
    assertThat(mtb("backup", "--help")).isZero();
    assertThat(out).contains("--files-from").contains("Exit codes").contains("Default: 32");
  }

  @Test
  void terminalIsSafeFromFileNames() throws Exception {
    RandomTree.write(source.resolve("esc\u001b[31m\nline"), "x");
    backup("-i", ".");
    assertThat(out).contains("esc\\x1b[31m\\nline").doesNotContain("\u001b");
  }

  @Test
  void progress_isShownWhenAskedFor() {
    assertThat(backup("--progress", "always", ".")).isZero();
    assertThat(err).containsPattern("\\r.* files done, after 0 s|\\r.*% .* of 5 B");
    // What is redirected is erased, and the summary is the last that is written.
    assertThat(err).containsPattern("\\r *\\rmtb: 2 files copied [^\\r]*\n$");
  }

  @Test
  void filters_areTriedInTheOrderOfTheCommandLine_acrossOptions() throws Exception {
    RandomTree.write(source.resolve("a.o"), "x");
    RandomTree.write(source.resolve("keep.o"), "x");
    Path rules = Files.writeString(temp.resolve("rules"), "*.o\n");

    assertThat(
            backup(
                "--include=keep.o", "--exclude-from", rules.toString(), "--filter", "- sub/", "."))
        .isZero();

    assertThat(destination.resolve("keep.o")).exists();
    assertThat(destination.resolve("a")).exists();
    assertThat(destination.resolve("a.o")).doesNotExist();
    assertThat(destination.resolve("sub")).doesNotExist();

    assertThat(backup("--exclude-from", rules.toString(), "--include=keep.o", "-n", ".")).isZero();
    assertThat(out).doesNotContain("keep.o").contains("sub/b");
    assertThat(
            mtb(
                "verify",
                "-b",
                source.toString(),
                "--include",
                "keep.o",
                "--exclude",
                "*.o",
                "--exclude",
                "sub",
                ".",
                destination.toString()))
        .isZero();
  }

  @Test
  void delete_isShownByADryRun_limited_andDone() throws Exception {
    assertThat(backup(".")).isZero();
    RandomTree.write(destination.resolve("gone/file"), "x");

    assertThat(backup("--delete", "-n", ".")).isZero();
    assertThat(out).endsWith("deleting gone/\ndeleting gone/file\n");
    assertThat(err).contains("1 would be deleted");
    assertThat(backup("--delete", "--max-delete", "1", ".")).isEqualTo(25);
    assertThat(err).contains("--max-delete 1 allows 1 deletions");
    assertThat(destination.resolve("gone/file")).exists();

    assertThat(backup("--delete", "-i", "--max-delete=2", "--backup-dir", "../old", ".")).isZero();
    assertThat(out.lines()).containsExactlyInAnyOrder("deleting gone/", "deleting gone/file");
    assertThat(err).contains("1 deleted");
    assertThat(destination.resolve("gone")).doesNotExist();
    assertThat(destination.resolveSibling("old/gone/file")).hasContent("x");
  }

  @Test
  void flagsThatAreRunTogether_areSeenByTheLog_too() {
    for (JobCommand command :
        List.of(
            new BackupCommand(System.out, System.err),
            new RestoreCommand(System.out, System.err))) {
      new CommandLine(command)
          .getCommandSpec().options().stream()
              .filter(option -> option.arity().max() == 0)
              .map(CommandLine.Model.OptionSpec::shortestName)
              .filter(name -> name.length() == 2)
              .forEach(name -> assertThat(name).matches(Logging.FLAGS));
    }
  }

  @Test
  void restore_hasNoPartsOfItsOwn_andNoLinesBesideEvents() throws Exception {
    assertThat(backup(".")).isZero();
    String target = temp.resolve("target").toString();
    assertThat(mtb("restore", "--shard", "1/2", destination.toString(), target)).isEqualTo(2);
    assertThat(mtb("restore", "--json", "-i", destination.toString(), target)).isEqualTo(2);
    assertThat(mtb("doctor", "--timeout", "0s", destination.toString())).isEqualTo(2);
    assertThat(temp.resolve("target")).doesNotExist();
  }

  @Test
  void logFile_isNoReport() {
    String same = temp.resolve("same.html").toString();
    assertThat(backup("--log-file", same, "--report-html", same, ".")).isEqualTo(2);
    assertThat(err).contains("is the same file as");
    assertThat(destination).doesNotExist();
  }

  @Test
  void deletionThatMakesNoSense_isWrongUsage() {
    assertThat(backup("--delete", "--max-delete", "many", ".")).isEqualTo(2);
    assertThat(err).contains("'many' is neither a number of files");
    assertThat(backup("--max-delete", "10%", ".")).isEqualTo(2);
    assertThat(err).contains("--delete is not there");
    assertThat(backup("--delete-despite-errors", ".")).isEqualTo(2);
    assertThat(backup("--suffix", "a/b", ".")).isEqualTo(2);
    assertThat(backup("--backup-dir", ".", ".")).isEqualTo(2);
    assertThat(destination).doesNotExist();
  }

  @Test
  void filterThatMakesNoSense_isWrongUsage() {
    assertThat(backup("--filter", "nonsense", ".")).isEqualTo(2);
    assertThat(err).contains("filter rule 'nonsense'");
    assertThat(backup("--exclude-from", temp + "/missing", ".")).isEqualTo(2);
    assertThat(err).contains("missing");
    assertThat(backup("--min-size", "much", ".")).isEqualTo(2);
    assertThat(err).contains("'much' is not a size");
    assertThat(backup("--newer-than", "yesterday", ".")).isEqualTo(2);
    assertThat(mtb("backup", "--exclude")).isEqualTo(2);
    assertThat(destination).doesNotExist();
  }

  @Test
  void times_areAgesOrDates() {
    Instant now = Instant.parse("2026-03-10T12:00:00Z");
    assertThat(Moments.parse("12h", now)).isEqualTo("2026-03-10T00:00:00Z");
    assertThat(Moments.parse("2w", now)).isEqualTo("2026-02-24T12:00:00Z");
    assertThat(Moments.parse("2026-01-31T12:00:00Z", now)).isEqualTo("2026-01-31T12:00:00Z");
    assertThat(Moments.parse("2026-01-31", now))
        .isEqualTo(LocalDate.of(2026, 1, 31).atStartOfDay(ZoneId.systemDefault()).toInstant());
    assertThat(Moments.parse("2026-01-31T12:00+01:30", now)).isEqualTo("2026-01-31T10:30:00Z");
    assertThat(Moments.parse("2026-01-31T12:00", now))
        .isEqualTo(
            LocalDate.of(2026, 1, 31).atTime(12, 0).atZone(ZoneId.systemDefault()).toInstant());
  }

  /** A date to go back to includes the runs of that day. */
  @Test
  void momentsToGoBackTo_areInThePast_andADateIsItsEnd() {
    Instant now = Instant.parse("2026-03-10T12:00:00Z");
    assertThat(Moments.asOf("2026-01-31", now))
        .isEqualTo(
            LocalDate.of(2026, 2, 1)
                .atStartOfDay(ZoneId.systemDefault())
                .toInstant()
                .minusNanos(1));
    assertThat(Moments.asOf("2026-01-31T12:00Z", now)).isEqualTo("2026-01-31T12:00:00.999999999Z");
    assertThat(Moments.asOf("2026-01-31T12:00:07.047Z", now)).isEqualTo("2026-01-31T12:00:07.047Z");
    assertThat(Moments.asOf("3d", now)).isEqualTo("2026-03-07T12:00:00Z");
    for (String wrong : List.of("2027-01-31", "2026-03-10T12:00:01Z", "yesterday", "2026-13-01")) {
      assertThatThrownBy(() -> Moments.asOf(wrong, now))
          .isInstanceOf(InvalidJobException.class)
          .hasMessageContaining(wrong);
    }
  }
}
