package dev.mtb.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.cli.text.Text;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.Fuzz;
import dev.mtb.testing.RandomTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.event.Level;

class LogFileTest {
  /** Time, process, level, text. */
  private static final String LINE =
      "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:[.][0-9]{3})?Z \\["
          + ProcessHandle.current().pid()
          + "\\] (?:INFO|WARN|ERROR|DEBUG) .+";

  private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());

  @TempDir Path temp;
  private Path source;
  private Path log;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = RandomTree.write(temp.resolve("source/a"), "aaa").getParent();
    log = temp.resolve("log");
  }

  @AfterEach
  void levels() {
    Logging.set(0, /* quiet= */ false);
    Logging.keepIn(LogFile.NONE);
  }

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    err = result.err();
    return result.exitCode();
  }

  private int backup(Path place, String... more) {
    List<String> args = new ArrayList<>(List.of("backup", "-b", source.toString()));
    args.addAll(List.of("--log-file", place.toString()));
    args.addAll(List.of(more));
    args.add(temp.resolve("backup").toString());
    return mtb(args.toArray(String[]::new));
  }

  /** Without times and process. */
  private List<String> texts() throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.map(line -> line.replaceFirst("^[^ ]+ [^ ]+ ", "")).toList();
    }
  }

  @Test
  void run_isLoggedFromItsStartToItsEnd_andTheNextAppended() throws Exception {
    Files.createFile(source.resolve("b"));
    assertThat(backup(log, ".", "missing")).isEqualTo(23);
    List<String> first = texts();
    assertThat(first)
        .startsWith("INFO backup of " + source + " to " + temp.resolve("backup") + " begins")
        .contains("INFO copied a (3 B)", "INFO copied b (0 B)")
        .contains("ERROR failed " + source + "/missing: no such file or directory")
        .last()
        .asString()
        .matches("ERROR INCOMPLETE: 2 files copied .*, 1 failed, in .* m?s; exit code 23");
    assertThat(first).hasSize(5);
    assertThat(err).contains("/missing: no such file");

    assertThat(backup(log, ".", "-q")).isZero();
    assertThat(err).isEmpty();
    assertThat(texts())
        .startsWith(first.toArray(String[]::new))
        .hasSize(7)
        .last()
        .asString()
        .matches("INFO 0 files copied .*; exit code 0");
    assertThat(Files.readAllLines(log)).allMatch(line -> line.matches(LINE));
  }

  @Test
  void dryRun_logsWhatWouldBeCopied_andRunsThatAreRefusedSayWhy() throws Exception {
    assertThat(backup(log, "-n", ".")).isZero();
    assertThat(texts()).contains("INFO would copy a (new)").noneMatch(t -> t.contains("copied a"));
    assertThat(mtb("backup", "--log-file", log.toString(), source.toString(), source + "/inside"))
        .isEqualTo(2);
    assertThat(texts()).last().asString().startsWith("ERROR given up: ").contains("inside");
    Path file = Files.createFile(temp.resolve("file"));
    assertThat(mtb("backup", "--log-file", log.toString(), source.toString(), file.toString()))
        .isEqualTo(10);
    assertThat(texts()).anyMatch(text -> text.matches("ERROR .*is not a directory.*"));
    assertThat(
            mtb(
                "verify",
                "--log-file",
                log.toString(),
                "-b",
                source.toString(),
                ".",
                temp.resolve("backup").toString()))
        .isEqualTo(10);
    assertThat(texts()).last().asString().endsWith("exit code 10");
  }

  @Test
  void names_cannotForgeALine_orActOnATerminal() throws Exception {
    String forged = "x\n2026-01-01T00:00:00Z [1] INFO copied everything\u001b[31m\u202e\r";
    RandomTree.write(source.resolve(forged), "x");
    RandomTree.write(RandomTree.child(source, new byte[] {'r', (byte) 0xE9, '\n'}), "raw");
    assertThat(backup(log, ".", "no\nsuch file")).isEqualTo(23);
    assertThat(texts())
        .contains(
            "INFO copied x\\n2026-01-01T00:00:00Z [1] INFO copied everything\\x1b[31m\\u202e\\r"
                + " (1 B)",
            "INFO copied r\\xe9\\n (3 B)",
            "ERROR failed " + source + "/no\\nsuch file: no such file or directory")
        // Start, a, these three, summary.
        .hasSize(6);
    assertThat(Files.readAllLines(log)).allMatch(line -> line.matches(LINE));
  }

  private LogFile to(OutputStream stream, PrintStream messages) {
    Clock clock = Clock.fixed(Instant.parse("2026-01-02T03:04:05.678901Z"), ZoneOffset.UTC);
    return new LogFile(log, stream, clock, messages, /* isDryRun= */ false);
  }

  @Test
  void anyText_isOneLine() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (LogFile file = to(bytes, NOWHERE)) {
      Fuzz.seeded("log lines")
          .times(
              2_000,
              random -> {
                bytes.reset();
                file.write(Level.WARN, Fuzz.text(random, 9));
                assertThat(bytes.toString(StandardCharsets.UTF_8))
                    .startsWith("2026-01-02T03:04:05.678Z [")
                    .endsWith("\n")
                    .satisfies(
                        line ->
                            assertThat(line.substring(0, line.length() - 1).codePoints())
                                .noneMatch(Text::isActive));
              });
    }
  }

  @Test
  void logOfTheLibrary_goesThereToo_whateverIsShown() throws Exception {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    PrintStream realErr = System.err;
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    System.setErr(TerminalStream.of(new PrintStream(shown, true, StandardCharsets.UTF_8)));
    try (LogFile file = to(kept, NOWHERE)) {
      Logging.set(0, /* quiet= */ true);
      var logger = Logging.logger("dev.mtb.store.Retry");
      var other = Logging.logger("org.apache.hc.wire");
      assertThat(logger.isWarnEnabled()).isFalse();
      logger.error("before {}", "there was a log");
      Logging.keepIn(file);
      logger.debug("too much");
      logger.info("copying {}: {}", "a\nb", "again");
      other.info("headers");
      logger.warn("trouble", new IOException("broken"));
      logger.error("lost");
      Logging.set(2, /* quiet= */ false);
      logger.debug("details");
      logger.trace("too much");
      Logging.keepIn(LogFile.NONE);
      logger.error("afterwards");
    } finally {
      System.setErr(realErr);
    }
    String pid = "2026-01-02T03:04:05.678Z [" + ProcessHandle.current().pid() + "] ";
    List<String> lines = kept.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(4).allMatch(line -> line.startsWith(pid));
    assertThat(lines.get(0)).endsWith("INFO copying a\\nb: again");
    assertThat(lines.get(1))
        .contains(
            "WARN trouble\\njava.io.IOException: broken\\n\\tat dev.mtb.cli.watch.LogFileTest");
    assertThat(lines.get(2)).endsWith("ERROR lost");
    assertThat(lines.get(3)).endsWith("DEBUG details");
    assertThat(shown.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "mtb: before there was a log",
            "mtb: lost",
            "DEBUG Retry - details",
            "ERROR Retry - afterwards");
  }

  @Test
  void namesOfClasses_andTraces_areShownWithVerboseOnly() {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    PrintStream realErr = System.err;
    Logger logger = Logging.logger("dev.mtb.engine.Workers");
    try {
      System.setErr(new PrintStream(shown, true, StandardCharsets.UTF_8));
      Logging.set(0, /* quiet= */ false);
      logger.warn("{} is slow", "it");
      logger.warn("unexpected trouble with x", new ClosedChannelException());
      assertThat(shown.toString(StandardCharsets.UTF_8).lines())
          .containsExactly(
              "mtb: warning: it is slow",
              "mtb: warning: unexpected trouble with x: closed channel (more with -v)");
      Logging.set(1, /* quiet= */ false);
      logger.warn("unexpected trouble with y", new ClosedChannelException());
      assertThat(shown.toString(StandardCharsets.UTF_8))
          .contains("WARN Workers - unexpected trouble with y\n", "ClosedChannelException\n\tat ");
    } finally {
      Logging.set(0, /* quiet= */ false);
      System.setErr(realErr);
    }
  }

  @Test
  void placeThatCannotBe_isWrongUsage_andNothingIsRun() throws Exception {
    Path list = Files.writeString(temp.resolve("list"), "a\n");
    Path link = Files.createSymbolicLink(temp.resolve("link"), list);
    Path shared = Files.createDirectory(temp.resolve("shared"));
    Files.setAttribute(shared, "unix:mode", 01777);
    Path planted = Files.createSymbolicLink(shared.resolve("log"), temp.resolve("elsewhere"));
    assertRefused("is a directory", temp, ".");
    assertRefused("there is no directory", temp.resolve("no/log"), ".");
    assertRefused("is not a file", Path.of("/dev/null"), ".");
    assertRefused("would take the place of", source.resolve("a"), "a");
    assertRefused("would take the place of", link, "-l", list.toString());
    assertRefused("is the same file as", log, ".", "--report", log.toString());
    assertRefused("would take the place of", log, ".", "--manifest", log.toString());
    assertRefused("symbolic link in a directory where anybody", planted, ".");
    assertThat(list).hasContent("a\n");
    assertThat(temp.resolve("elsewhere")).doesNotExist();
    assumeThat(System.getProperty("user.name")).isNotEqualTo("root");
    Path closed = Files.createDirectory(temp.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
    assertRefused("permission denied", closed.resolve("log"), ".");
  }

  private void assertRefused(String why, Path place, String... args) {
    assertThat(backup(place, args)).as(err).isEqualTo(2);
    assertThat(err).contains("mtb: the log file").contains(why).doesNotContain("\tat ");
    assertThat(temp.resolve("backup")).doesNotExist();
  }

  @Test
  void logThatCannotBeWrittenAnyMore_isSaidOnce_andHarmsNothing() {
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    try (LogFile file = to(full, new PrintStream(messages, true, StandardCharsets.UTF_8))) {
      file.write(Level.INFO, "one");
      file.write(Level.INFO, "two");
    }
    assertThat(messages.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "mtb: the log file "
                + log
                + " cannot be written any more, and ends here: No space left on device");
  }

  @Test
  void interruptedThread_stillWrites() throws Exception {
    Thread.currentThread().interrupt();
    try {
      assertThat(backup(log, ".")).isEqualTo(130);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(texts()).last().asString().startsWith("ERROR INTERRUPTED").endsWith("code 130");
  }
}
