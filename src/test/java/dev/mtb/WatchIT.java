package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import dev.mtb.testing.WriteConditionsAnswer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user can see of a run from outside of its process. */
class WatchIT {
  private static final String JAR =
      Path.of(System.getProperty("mtb.jar", "target/mtb.jar")).toAbsolutePath().toString();

  @TempDir Path temp;
  private Path source;
  private Path log;

  @BeforeEach
  void folders() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    log = temp.resolve("log");
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    while (!condition.holds()) {
      Thread.sleep(20);
    }
  }

  private List<String> toBucket(S3Server server, CountingProxy proxy, String prefix, String... more)
      throws IOException {
    Path passwd =
        Secrets.write(temp.resolve("passwd"), server.identity() + ":" + server.credential());
    List<String> args = new ArrayList<>(List.of("backup", "-b", source.toString()));
    args.addAll(List.of("--endpoint-url", "http://127.0.0.1:" + proxy.port()));
    args.addAll(List.of("--passwd-file", passwd.toString()));
    args.addAll(List.of(more));
    args.addAll(List.of(".", "s3://" + server.bucket() + "/" + prefix));
    return args;
  }

  private static List<JsonNode> events(String out) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : out.lines().toList()) {
      events.add(new ObjectMapper().readTree(line));
    }
    return events;
  }

  @Test
  void usr1_printsASnapshot_twice_andTheRunGoesOn_eventsAndLogComeLive() throws Exception {
    for (int f = 0; f < 60; f++) {
      RandomTree.write(source.resolve("d/f" + f + "\u202eevil"), "content " + f);
    }
    try (S3Server server = S3Server.start("bucket");
        CountingProxy proxy = CountingProxy.start(server.port())) {
      proxy.setRoundTrip(Duration.ofMillis(200));
      String[] args =
          toBucket(server, proxy, "b", "-t", "2", "--json", "--log-file", log.toString())
              .toArray(String[]::new);
      MtbProcess mtb = MtbProcess.start(temp, Map.of(), List.of(), args);
      await(() -> mtb.out().contains("\"copied\""));
      // An event is printed before its line is in the log.
      await(() -> Files.readString(log).contains(" INFO copied d/f"));
      assertThat(mtb.isAlive()).isTrue();
      assertThat(Files.readString(log)).contains("begins\n");
      mtb.signal("USR1");
      await(() -> mtb.err().contains("on average"));
      mtb.signal("USR1");
      await(() -> mtb.err().contains("since the snapshot before"));
      await(() -> mtb.err().contains("mtb: copying for "));
      assertThat(mtb.exitCode()).as(mtb.err()).isZero();
      assertThat(mtb.err())
          .containsPattern(
              "mtb: after \\d+ s: \\d+ of 60 files done \\(0 unchanged, \\d+ copied, 0 skipped, 0"
                  + " failed\\), \\d+ in the queue or under way\n")
          .containsPattern("mtb: copying for \\d+ s: d/f\\d+\\\\u202eevil\n")
          .doesNotContain("\u202e")
          // The names of threads are not shown, since they are for developers only.
          .doesNotContain("ForkJoinPool");
      List<JsonNode> events = events(mtb.out());
      for (String event : List.of("planned", "started", "copied")) {
        assertThat(events)
            .filteredOn(e -> e.at("/event").asText().equals(event))
            .filteredOn(e -> e.at("/kind").asText().equals("file"))
            .as(event)
            .hasSize(60);
      }
      JsonNode last = events.get(events.size() - 1);
      assertThat(last.at("/event").asText()).isEqualTo("summary");
      assertThat(last.at("/report/files/copied").asInt()).isEqualTo(60);
    }
  }

  @Test
  void usr1_withoutARun_endsNothing() throws Exception {
    RandomTree.write(source.resolve("a"), "aaa");
    Path list = temp.resolve("list");
    new ProcessBuilder("mkfifo", list.toString()).start().waitFor();
    MtbProcess mtb =
        MtbProcess.start(
            temp,
            Map.of(),
            List.of(),
            "backup",
            "-b",
            source.toString(),
            "-l",
            list.toString(),
            temp.resolve("backup").toString());
    // MTB waits until the list is written. By then its signal handler is installed.
    try (var writer = Files.newBufferedWriter(list)) {
      mtb.signal("USR1");
      await(() -> mtb.err().contains("mtb: no run is under way at the moment\n"));
      writer.write("a\n");
    }
    assertThat(mtb.exitCode()).as(mtb.err()).isZero();
    assertThat(temp.resolve("backup/a")).hasContent("aaa");
  }

  @Test
  void term_isTheLastThingInLogAndEvents() throws Exception {
    for (int f = 0; f < 200; f++) {
      RandomTree.write(source.resolve("d/f" + f), "content " + f);
    }
    try (S3Server server = S3Server.start("bucket");
        CountingProxy proxy = CountingProxy.start(server.port())) {
      proxy.setRoundTrip(Duration.ofMillis(200));
      String[] args =
          toBucket(server, proxy, "b", "-t", "2", "--json", "--log-file", log.toString())
              .toArray(String[]::new);
      MtbProcess mtb = MtbProcess.start(temp, Map.of(), List.of(), args);
      await(() -> mtb.out().contains("\"copied\""));
      mtb.signal("TERM");
      assertThat(mtb.exitCode()).isEqualTo(130);
      List<JsonNode> events = events(mtb.out());
      JsonNode last = events.get(events.size() - 1);
      assertThat(last.at("/report/status").asText()).isEqualTo("interrupted");
      int copied = last.at("/report/files/copied").asInt();
      assertThat(events).filteredOn(e -> e.at("/event").asText().equals("copied")).hasSize(copied);
      assertThat(Files.readAllLines(log))
          .filteredOn(line -> line.contains(" INFO copied "))
          .hasSize(copied);
      assertThat(Files.readAllLines(log))
          .last()
          .asString()
          .contains(" ERROR INTERRUPTED: ")
          .endsWith("exit code 130");
    }
  }

  @Thorough
  @Test
  void watching_costsNoRequest() throws Exception {
    RandomTree.smallFiles(source, 5, 40, 1000);
    try (S3Server server = S3Server.start("bucket");
        CountingProxy proxy = CountingProxy.start(server.port())) {
      WriteConditionsAnswer.remember(temp.resolve("state"), "http://127.0.0.1:" + proxy.port());
      List<CountingProxy.Counts> counts = new ArrayList<>();
      for (boolean isWatched : List.of(false, true)) {
        String[] more =
            isWatched
                ? new String[] {"--json", "--log-file", log.toString(), "-v"}
                : new String[] {"--progress", "never"};
        String[] args = toBucket(server, proxy, "b" + isWatched, more).toArray(String[]::new);
        for (int run = 0; run < 2; run++) {
          CountingProxy.Counts before = proxy.snapshot();
          MtbProcess mtb = MtbProcess.run(temp, args);
          assertThat(mtb.exitCode()).as(mtb.err()).isZero();
          counts.add(proxy.snapshot().minus(before));
        }
      }
      assertThat(counts.get(2).requests()).isEqualTo(counts.get(0).requests());
      assertThat(counts.get(3).requests()).isEqualTo(counts.get(1).requests());
      assertThat(counts.get(0).total()).isGreaterThan(200);
      System.out.println("new: " + counts.get(2) + "; unchanged: " + counts.get(3));
    }
  }

  @Thorough
  @Test
  void readerThatGoesAway_doesNotEndTheBackup() throws Exception {
    RandomTree tree = RandomTree.random().directories(20).files(2000).sizes(0, 2000).build(source);
    Path destination = temp.resolve("backup");
    Process mtb =
        new ProcessBuilder(
                "java",
                "-jar",
                JAR,
                "backup",
                "--json",
                "-b",
                source.toString(),
                ".",
                destination.toString())
            .redirectError(temp.resolve("err").toFile())
            .start();
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(mtb.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(new ObjectMapper().readTree(reader.readLine()).at("/event").asText())
          .isEqualTo("planned");
    }
    assertThat(mtb.waitFor()).isEqualTo(23);
    assertThat(Files.readAllLines(temp.resolve("err")))
        .filteredOn(line -> line.contains("standard output is closed or full"))
        .hasSize(1);
    assertThat(Rsync.differences(source, destination, "--delete")).as("%s", tree).isEmpty();
  }

  @Test
  void logOfTheLibrary_isInTheLogFile_notOnTheTerminal() throws Exception {
    RandomTree.write(source.resolve("a"), "aaa");
    MtbProcess mtb =
        MtbProcess.start(
            temp,
            // The library logs a warning that it cannot lock the destination.
            Map.of("MTB_STATE_DIR", "/dev/null/state"),
            List.of(),
            "backup",
            "-q",
            "--log-file",
            log.toString(),
            "-b",
            source.toString(),
            ".",
            temp.resolve("backup").toString());
    assertThat(mtb.exitCode()).as(mtb.err()).isZero();
    assertThat(mtb.err()).isEmpty();
    assertThat(Files.readString(log)).contains(" WARN ").contains("/dev/null/state");
  }

  @Thorough
  @Test
  void terminal_showsTheBarAndWhatThreadsDo_andIsLeftClean() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "no script(1) here");
    for (int f = 0; f < 40; f++) {
      RandomTree.write(source.resolve("d/f" + f + "\u202eevil"), "content " + f);
    }
    try (S3Server server = S3Server.start("bucket");
        CountingProxy proxy = CountingProxy.start(server.port())) {
      proxy.setRoundTrip(Duration.ofMillis(300));
      List<String> args = toBucket(server, proxy, "b", "-i", "-t", "2");
      String command =
          "stty rows 10 cols 110; exec java -jar "
              + JAR
              + args.stream().map(arg -> " '" + arg + "'").reduce("", String::concat);
      Process script =
          new ProcessBuilder("/usr/bin/script", "-qec", command, "/dev/null")
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .start();
      script.getOutputStream().close();
      String shown = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(script.waitFor()).as(shown).isZero();
      assertThat(shown)
          .containsPattern("% .* of \\d+ files, ")
          .containsPattern("  copying +\\d+ s  d/f\\d+\\\\u202eevil\r")
          .contains("new: d/f1\\u202eevil")
          .doesNotContain("\u202e")
          .containsPattern(
              "\r\u001b\\[Jmtb: 40 files copied|\u001b\\[J(?s:[^\u001b]*)mtb: 40 files");
      assertThat(shown.split("\u001b\\[\\?7l", -1))
          .hasSameSizeAs(shown.split("\u001b\\[\\?7h", -1));
      assertThat(Arrays.asList(shown.split("\r"))).anyMatch(part -> part.startsWith("\u001b[J"));
    }
  }
}
