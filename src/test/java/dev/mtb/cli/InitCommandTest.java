package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.RandomTree;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A backup is set up once: a file of options, and units that use it. */
class InitCommandTest {
  private static final String LIMITS_FILES =
      "(Protect|Private|ReadWrite|ReadOnly|Inaccessible|NoExec|Temporary|Bind|Root|Mount|Dynamic)\\w*=.*";

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
    RandomTree.write(source.resolve("docs/a"), "aaa");
    RandomTree.write(source.resolve("docs/b.o"), "bbb");
  }

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    out = result.out();
    err = result.err();
    return result.exitCode();
  }

  private int init(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "init",
                "--name",
                "home",
                "--config-dir",
                temp.resolve("conf").toString(),
                "--unit-dir",
                temp.resolve("units").toString()));
    args.addAll(List.of(more));
    return mtb(args.toArray(String[]::new));
  }

  private List<String> options() throws Exception {
    return Files.readAllLines(conf).stream().filter(line -> !line.startsWith("#")).toList();
  }

  private String service() throws Exception {
    return Files.readString(temp.resolve("units/mtb@home.service"));
  }

  @Test
  void whatIsWritten_isWhatBackupRuns() throws Exception {
    assertThat(
            init("-b", source.toString(), "-vt8", "--exclude=*.o", "docs", destination.toString()))
        .as(err)
        .isZero();

    assertThat(options())
        .containsExactly(
            "--base " + source,
            "--verbose",
            "--threads 8",
            "--exclude *.o",
            "docs",
            destination.toString());
    assertThat(out)
        .contains("mtb backup @" + conf, "enable --now mtb@home.timer")
        .contains("copy the units to ");
    assertThat(mtb("backup", "@" + conf)).as(err).isZero();
    assertThat(destination.resolve("docs/a")).hasContent("aaa");
    assertThat(destination.resolve("docs/b.o")).doesNotExist();
    assertThat(service()).contains("backup @" + conf + " --quiet\n");
    assertThat(Files.readString(temp.resolve("units/mtb@home.timer")))
        .contains("OnCalendar=*-*-* 02:15\n");
  }

  /** The nightly run starts in another directory, and the order of filters counts. */
  @Test
  void pathsAreAbsolute_andOptionsKeepTheirOrder() throws Exception {
    Path list = temp.resolve("list");
    RandomTree.write(list, "docs\n");
    Path relative = Path.of("").toAbsolutePath().relativize(list);

    assertThat(
            init(
                "--include",
                "a",
                "--exclude",
                "*",
                "--include",
                "never",
                "--files-from=" + relative,
                "-b" + source,
                "--backup-dir",
                "old",
                destination.toString()))
        .as(err)
        .isZero();

    assertThat(options())
        .startsWith("--include a", "--exclude *", "--include never")
        .contains("--backup-dir old")
        .last()
        .isEqualTo(destination.toString());
    String file = options().get(3).replaceFirst("^--files-from ", "");
    assertThat(Path.of(file)).isAbsolute().hasSameTextualContentAs(list);
  }

  @Test
  void baseIsTheCurrentDirectory_alsoAtNight() throws Exception {
    assertThat(init(source.toString(), destination.toString())).as(err).isZero();

    assertThat(options()).contains("--base " + Path.of("").toAbsolutePath());
  }

  @Test
  void namesThatLookLikeOptionsOrComments_areStillNames() throws Exception {
    RandomTree.write(source.resolve("#1"), "1");
    RandomTree.write(source.resolve("-2"), "2");
    assertThat(init("-b", source.toString(), "--", "#1", "-2", destination.toString()))
        .as(err)
        .isZero();

    assertThat(mtb("backup", "@" + conf)).as(err).isZero();
    assertThat(destination.resolve("#1")).hasContent("1");
    assertThat(destination.resolve("-2")).hasContent("2");
  }

  @Test
  void nameThatNoLineCanHold_isRefused() throws Exception {
    RandomTree.write(source.resolve("end "), "1");
    assertThat(init("-b", source.toString(), "end ", destination.toString())).isEqualTo(2);

    assertThat(err).contains("'end '").contains("list of files");
    assertThat(temp.resolve("conf")).doesNotExist();
  }

  /** systemd.syntax(7), systemd.exec(5). */
  @Test
  void unitNamesItsDirectories_asSystemdReadsThem() throws Exception {
    Path odd = temp.resolve("100% of \"it\"");
    assertThat(init("-b", source.toString(), "docs", odd.toString())).as(err).isZero();

    String quoted = "\"" + temp + "/100%% of \\\"it\\\"\"";
    assertThat(service())
        .contains("\nRequiresMountsFor=" + quoted + "\n")
        // The destination is made in there.
        .contains("\nReadWritePaths=-" + temp + "\n")
        .doesNotContain("%i");
    Files.createDirectory(odd);
    assertThat(init("--force", "-b", source.toString(), "docs", odd.toString())).as(err).isZero();
    assertThat(service()).contains("\nReadWritePaths=" + quoted.replaceFirst("\"", "\"-") + "\n");
  }

  /** With --delete, what the unit cannot see would be deleted from the backup. */
  @Test
  void unitHidesNoFiles() throws Exception {
    assertThat(init("-b", source.toString(), "docs", destination.toString())).as(err).isZero();

    assertHidesNothing(service());
    assertThat(service()).contains("\nProtectHome=read-only\n");
    for (String unit : List.of("mtb@.service", "mtb-backup.service")) {
      String text = Files.readString(Path.of("src/main/scripts", unit));
      assertThat(text).contains("\nProtectHome=read-only\n");
      assertHidesNothing(text);
    }
  }

  /**
   * Of all lines that limit what a unit sees, it has only those that make something read-only
   * (systemd.exec(5)).
   */
  private static void assertHidesNothing(String unit) {
    assertThat(unit.lines().filter(line -> line.matches(LIMITS_FILES)))
        .allMatch(
            line ->
                line.matches(
                    "ProtectSystem=(full|strict)|ProtectHome=read-only|ReadWritePaths=.*"
                        + "|ProtectKernelTunables=true|ProtectControlGroups=true"));
  }

  @Test
  void unitMayWriteWhatTheOptionsName() throws Exception {
    Path reports = Files.createDirectory(temp.resolve("reports"));
    assertThat(
            init(
                "--no-check",
                "--report-html=" + reports.resolve("r.html"),
                "--log-file=" + temp.resolve("logs/log"),
                "--delete",
                "--backup-dir=" + temp.resolve("reports/old"),
                "-b",
                source.toString(),
                "docs",
                "s3://bucket/x"))
        .as(err)
        .isZero();

    assertThat(service().lines().filter(line -> line.startsWith("ReadWritePaths=")))
        .startsWith("ReadWritePaths=-" + reports, "ReadWritePaths=-" + temp);
  }

  @Test
  void unitMayWriteOldVersionsBesideTheDestination() throws Exception {
    Path backups = Files.createDirectories(temp.resolve("backups/b")).getParent();
    assertThat(
            init(
                "--delete",
                "--backup-dir=../old",
                "-b",
                source.toString(),
                "docs",
                backups.resolve("b").toString()))
        .as(err)
        .isZero();

    assertThat(service().lines().filter(line -> line.startsWith("ReadWritePaths=")))
        .startsWith("ReadWritePaths=-" + backups.resolve("b"), "ReadWritePaths=-" + backups);
  }

  @Test
  void destinationInsideASource_isRefused() throws Exception {
    assertThat(init("-b", source.toString(), ".", source.resolve("docs/backup").toString()))
        .isEqualTo(2);

    assertThat(err).contains("the backup would back itself up");
    assertThat(temp.resolve("units")).doesNotExist();
  }

  @Test
  void timeOfDay_isThatOfTheTimer() throws Exception {
    assertThat(init("--at", "3:05", "-b", source.toString(), "docs", destination.toString()))
        .as(err)
        .isZero();

    assertThat(Files.readString(temp.resolve("units/mtb@home.timer")))
        .contains("OnCalendar=*-*-* 03:05\n")
        .containsPattern("(?m)^ConditionFileIsExecutable=/.*/(java|mtb)$");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--at 25:00 docs D | no time of day",
        "--quiet docs D | --quiet is for single runs",
        "--exlcude x docs D | did you mean '--exclude'",
        "--files-from - D | is no file",
        "--files-from missing D | cannot be read",
        "missing D | there is no",
        "docs s3:bucket | looks like a place of another tool",
        "--max-delete 3 docs D | --delete is not there",
      })
  void whatCannotWorkAtNight_isRefused_andNothingIsWritten(String line, String message) {
    List<String> words = new ArrayList<>(List.of("-b", source.toString()));
    words.addAll(Splitter.on(' ').splitToList(line.replace("D", destination.toString())));

    assertThat(init(words.toArray(String[]::new))).isEqualTo(2);

    assertThat(err).contains(message);
    assertThat(temp.resolve("conf")).doesNotExist();
    assertThat(temp.resolve("units")).doesNotExist();
  }

  @Test
  void nameThatIsNoNameOfAUnit_isRefused() {
    assertThat(mtb("init", "--name", "../x", source.toString(), destination.toString()))
        .isEqualTo(2);
    assertThat(err).contains("letters, digits");
  }

  @Test
  void withoutADestination_andWithoutATerminal_saysWhatIsMissing() {
    assertThat(init()).isEqualTo(2);
    assertThat(err).contains("no destination given");
  }

  @Test
  void destinationThatCannotBeUsed_isSaid_andNothingIsWritten() throws Exception {
    RandomTree.write(temp.resolve("file"), "x");
    assertThat(init("-b", source.toString(), "docs", temp.resolve("file").toString()))
        .isEqualTo(10);

    assertThat(err).contains("fail  folder").contains("nothing was written");
    assertThat(conf).doesNotExist();
    assertThat(init("--no-check", "-b", source.toString(), "docs", temp.resolve("file").toString()))
        .as(err)
        .isZero();
  }

  @Test
  void fileThatIsThere_staysUnlessForced_andOneOfAnotherKindStaysAlways() throws Exception {
    assertThat(init("-b", source.toString(), "docs", destination.toString())).as(err).isZero();
    String first = Files.readString(conf);
    assertThat(init("-t", "3", "-b", source.toString(), "docs", destination.toString()))
        .isEqualTo(2);
    assertThat(err).contains(conf + " is there already");
    assertThat(conf).hasContent(first);

    assertThat(init("--force", "-t", "3", "-b", source.toString(), "docs", destination.toString()))
        .as(err)
        .isZero();
    assertThat(options()).contains("--threads 3");

    Path timer = temp.resolve("units/mtb@home.timer");
    Files.writeString(timer, "# mine\n");
    assertThat(init("--force", "-b", source.toString(), "docs", destination.toString()))
        .isEqualTo(2);
    assertThat(timer).hasContent("# mine\n");
    assertThat(options()).contains("--threads 3");
  }

  @Test
  void dryRun_printsTheFiles() {
    assertThat(init("-n", "-b", source.toString(), "docs", destination.toString()))
        .as(err)
        .isZero();

    assertThat(out).contains("--- " + conf, "--base " + source, "OnCalendar=", "ExecStart=");
    assertThat(temp.resolve("conf")).doesNotExist();
    assertThat(destination).doesNotExist();
  }

  private static List<String> answered(String answers) throws Exception {
    ByteArrayOutputStream questions = new ByteArrayOutputStream();
    return new InitDialogue(
            new ByteArrayInputStream(answers.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(questions, true, StandardCharsets.UTF_8))
        .words();
  }

  @Test
  void answersBecomeACommandLine() throws Exception {
    assertThat(answered("/home/me/docs\n/home/me/photos\n\n\n/srv/backup\n"))
        .containsExactly(
            "--base", "/home/me", "--", "/home/me/docs", "/home/me/photos", "/srv/backup");
    assertThat(answered("/etc\n\n/\ns3://bucket/etc\nhttps://s3.example.com\n\n"))
        .containsExactly(
            "--base",
            "/",
            "--endpoint-url",
            "https://s3.example.com",
            "--",
            "/etc",
            "s3://bucket/etc");
  }
}
