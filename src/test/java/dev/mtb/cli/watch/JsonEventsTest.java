package dev.mtb.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.cli.Main;
import dev.mtb.cli.text.Text;
import dev.mtb.job.Failure;
import dev.mtb.model.PathBytes;
import dev.mtb.testing.Fuzz;
import dev.mtb.testing.RandomTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The schema in json-events.md, and that nothing breaks it. */
class JsonEventsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path temp;
  private Path source;
  private Path destination;
  private String out;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    destination = temp.resolve("backup");
    RandomTree.write(source.resolve("sub/a"), "aaa");
  }

  private int run(OutputStream stream, String... args) {
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    int code =
        Main.run(
            args,
            new PrintStream(stream, false, StandardCharsets.US_ASCII),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    err = errBytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  private int mtb(String command, String... more) {
    return mtb(new ByteArrayOutputStream(), command, more);
  }

  private int mtb(OutputStream stream, String command, String... more) {
    List<String> args = new ArrayList<>(List.of(command, "--json", "-b", source.toString()));
    args.addAll(List.of(more));
    args.add(destination.toString());
    int code = run(stream, args.toArray(String[]::new));
    out =
        stream instanceof ByteArrayOutputStream bytes ? bytes.toString(StandardCharsets.UTF_8) : "";
    return code;
  }

  private List<JsonNode> events() throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : out.lines().toList()) {
      events.add(MAPPER.readTree(line));
    }
    assertThat(out).endsWith("\n");
    return events;
  }

  /** The names of fields in their order, and the values but the time. */
  private static String fields(JsonNode event) {
    Instant time = Instant.parse(event.at("/time").asText());
    assertThat(time).isBetween(Instant.now().minusSeconds(60), Instant.now());
    StringBuilder text = new StringBuilder();
    for (Iterator<String> names = event.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!name.equals("time") && !name.equals("report")) {
        text.append(name).append('=').append(event.get(name).asText()).append(' ');
      }
    }
    return text.toString().strip();
  }

  @Test
  void run_isTold_fromThePlanToTheSummary_andUnchangedFilesAreNot() throws Exception {
    Files.createSymbolicLink(source.resolve("sub/link"), Path.of("a"));
    new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor();
    Path report = temp.resolve("report.json");
    assertThat(mtb("backup", "--report", report.toString(), ".", "missing")).isEqualTo(23);
    List<String> told = events().stream().map(JsonEventsTest::fields).toList();
    assertThat(told)
        .containsExactlyInAnyOrder(
            "event=planned path= kind=directory action=create reason=new",
            "event=planned path=sub kind=directory action=create reason=new",
            "event=planned path=sub/a kind=file size=3 action=create reason=new",
            "event=started path=sub/a kind=file size=3 action=create",
            "event=copied path=sub/a kind=file size=3",
            "event=planned path=sub/link kind=link action=create reason=new",
            "event=started path=sub/link kind=link action=create",
            "event=copied path=sub/link kind=link",
            "event=skipped path=pipe reason=a device, socket or pipe",
            "event=failed path="
                + source
                + "/missing stage=scan error=no such file or directory cause=error",
            "event=summary");
    assertThat(told)
        .containsSubsequence(
            "event=planned path=sub/a kind=file size=3 action=create reason=new",
            "event=started path=sub/a kind=file size=3 action=create",
            "event=copied path=sub/a kind=file size=3",
            "event=summary")
        .endsWith("event=summary");
    assertThat(events().get(told.size() - 1).get("report"))
        .isEqualTo(MAPPER.readTree(Files.readString(report)));
    assertThat(err).contains("2 files copied");

    assertThat(mtb("backup", "-q", ".")).isZero();
    assertThat(events().stream().map(JsonEventsTest::fields))
        .containsExactly(
            "event=skipped path=pipe reason=a device, socket or pipe", "event=summary");
    assertThat(events().get(1).at("/report/files/unchanged").asInt()).isEqualTo(2);
  }

  @Test
  void dryRun_isAPlan_andVerifyTellsDifferences() throws Exception {
    assertThat(mtb("backup", "-n", ".")).isZero();
    assertThat(events().stream().map(JsonEventsTest::fields))
        .containsExactlyInAnyOrder(
            "event=planned path=sub kind=directory action=create reason=new",
            "event=planned path=sub/a kind=file size=3 action=create reason=new",
            "event=summary");
    assertThat(mtb("backup", ".")).isZero();
    RandomTree.write(destination.resolve("sub/a"), "AAA");
    assertThat(mtb("verify", ".")).isEqualTo(23);
    assertThat(events().stream().map(JsonEventsTest::fields))
        .contains(
            "event=failed path=sub/a stage=verify error=content differs cause=error",
            "event=summary");
    assertThat(mtb("backup", "--compare", "checksum", ".")).isZero();
    assertThat(events().stream().map(JsonEventsTest::fields))
        .contains(
            "event=planned path=sub/a kind=file size=3 action=replace reason=content_differs");
  }

  @Test
  void names_areExact_harmless_andOneLineEach() throws Exception {
    String hostile = "x\n{\"event\":\"summary\"}\u001b[31m\u202e\"\\ grün 日本 😀";
    byte[] raw = {'r', (byte) 0xE9, '\\', '\n'};
    RandomTree.write(source.resolve(hostile), "x");
    RandomTree.write(RandomTree.child(source, raw), "raw");
    assertThat(mtb("backup", ".")).isZero();
    assertThat(out.codePoints()).noneMatch(c -> c != '\n' && Text.isActive(c));
    List<JsonNode> copied =
        events().stream().filter(event -> event.at("/event").asText().equals("copied")).toList();
    assertThat(copied).hasSize(3);
    assertThat(copied)
        .anySatisfy(
            event -> {
              assertThat(event.at("/path").asText()).isEqualTo(hostile);
              assertThat(event.has("pathBase64")).isFalse();
            });
    assertThat(copied)
        .anySatisfy(
            event -> {
              assertThat(event.at("/path").asText()).isEqualTo("r\\xe9\\\\\\n");
              assertThat(Base64.getDecoder().decode(event.at("/pathBase64").asText()))
                  .isEqualTo(raw);
            });
    assertThat(events()).filteredOn(e -> e.at("/event").asText().equals("summary")).hasSize(1);
  }

  @Test
  void anyText_isOneObjectALine() {
    Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    Fuzz.seeded("events")
        .times(
            1_000,
            random -> {
              ByteArrayOutputStream bytes = new ByteArrayOutputStream();
              JsonEvents events = new JsonEvents(new PrintStream(bytes, false), System.err, clock);
              byte[] name = Fuzz.bytes(random, 9);
              for (int i = 0; i < name.length; i++) {
                name[i] = name[i] == 0 || name[i] == '/' ? (byte) '_' : name[i];
              }
              if (name.length == 0) {
                return;
              }
              Path path = PathBytes.resolve(Path.of(""), name);
              events.failed(
                  new Failure(path, Failure.Stage.COPY, Fuzz.text(random, 9), Failure.Cause.ERROR));
              String line = bytes.toString(StandardCharsets.UTF_8);
              assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
              assertThat(line.codePoints()).noneMatch(c -> c != '\n' && Text.isActive(c));
              ObjectNode event = (ObjectNode) MAPPER.readTree(line);
              byte[] told =
                  event.has("pathBase64")
                      ? Base64.getDecoder().decode(event.get("pathBase64").asText())
                      : event.get("path").asText().getBytes(StandardCharsets.UTF_8);
              assertThat(told).isEqualTo(PathBytes.of(path));
            });
  }

  /** A pipe whose reader goes away after some bytes. */
  private static final class Closing extends OutputStream {
    private int left;

    Closing(int left) {
      this.left = left;
    }

    @Override
    public void write(int b) throws IOException {
      if (left-- <= 0) {
        throw new IOException("Broken pipe");
      }
    }
  }

  @Test
  void readerThatGoesAway_harmsNothing_isSaidOnce_andIsNo0() throws Exception {
    for (int f = 0; f < 50; f++) {
      RandomTree.write(source.resolve("f" + f), "content " + f);
    }
    assertThat(mtb(new Closing(1000), "backup", ".")).isEqualTo(23);
    assertThat(err.lines().filter(line -> line.contains("standard output is closed or full")))
        .hasSize(1);
    assertThat(err).contains("51 files copied").contains("0 failed");
    for (int f = 0; f < 50; f++) {
      assertThat(destination.resolve("f" + f)).hasContent("content " + f);
    }
    // The next has nothing to say but its summary.
    assertThat(mtb("backup", ".")).isZero();
    assertThat(events()).hasSize(1);
  }

  @Test
  void events_areNotMixedWithOtherThings() {
    assertThat(mtb("backup", "-i", ".")).isEqualTo(2);
    assertThat(err).contains("--json and --itemize");
    assertThat(mtb("backup", "--report", "-", ".")).isEqualTo(2);
    assertThat(err).contains("--json ends with the report");
    assertThat(out).isEmpty();
    assertThat(destination).doesNotExist();
  }
}
