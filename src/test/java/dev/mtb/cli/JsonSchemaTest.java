package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports and events of real runs fit the schemas on the site, which name each of their fields. */
class JsonSchemaTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNode REPORT = schema("report");
  private static final JsonNode EVENT = schema("event");

  @TempDir Path temp;
  private Path source;
  private String out;

  private static JsonNode schema(String name) {
    try {
      return MAPPER.readTree(Path.of("src/site/resources/schemas", name + ".json").toFile());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> errors(JsonNode schema, JsonNode json) {
    Schema checked =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(schema);
    return checked.validate(json).stream().map(Object::toString).toList();
  }

  private static void assertFits(JsonNode schema, JsonNode json) {
    assertThat(errors(schema, json)).as(json.toString()).isEmpty();
    Set<String> fields = new HashSet<>();
    json.fieldNames().forEachRemaining(fields::add);
    schema.get("properties").fieldNames().forEachRemaining(fields::remove);
    assertThat(fields).as("fields that the schema lacks").isEmpty();
  }

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    RandomTree.write(source.resolve("sub/a"), "aaa");
    Files.createSymbolicLink(source.resolve("link"), Path.of("sub/a"));
  }

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    out = result.out();
    return result.exitCode();
  }

  private JsonNode report(int exitCode, String... args) throws IOException {
    Path file = temp.resolve("report.json");
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--report";
    all[args.length + 1] = file.toString();
    assertThat(mtb(all)).isEqualTo(exitCode);
    return MAPPER.readTree(file.toFile());
  }

  @Test
  void reports_fitTheSchema() throws Exception {
    String base = source.toString();
    String backup = temp.resolve("backup").toString();
    assertFits(REPORT, report(0, "backup", "-b", base, ".", backup));
    JsonNode partial = report(23, "backup", "-b", base, ".", "missing", backup);
    assertThat(partial.get("failures")).isNotEmpty();
    assertFits(REPORT, partial);
    RandomTree.write(source.resolve("sub/a"), "bbbb");
    assertFits(REPORT, report(0, "backup", "-n", "-b", base, ".", backup));
    JsonNode differs = report(23, "verify", "-b", base, ".", backup);
    assertThat(differs.get("failures")).isNotEmpty();
    assertFits(REPORT, differs);
  }

  @Test
  void events_fitTheSchema() throws Exception {
    String base = source.toString();
    String backup = temp.resolve("backup").toString();
    assertThat(mtb("backup", "--json", "-b", base, ".", "missing", backup)).isEqualTo(23);
    Set<String> seen = new HashSet<>(assertEventsFit());
    Files.delete(source.resolve("link"));
    assertThat(mtb("backup", "--json", "--delete", "-b", base, ".", backup)).isZero();
    seen.addAll(assertEventsFit());
    assertThat(seen).contains("planned", "started", "copied", "deleted", "failed", "summary");
  }

  private Set<String> assertEventsFit() throws IOException {
    Set<String> names = new HashSet<>();
    for (String line : out.split("\n", -1)) {
      if (line.isEmpty()) {
        continue;
      }
      JsonNode event = MAPPER.readTree(line);
      assertFits(EVENT, event);
      names.add(event.get("event").asText());
      if (event.has("report")) {
        assertFits(REPORT, event.get("report"));
      }
    }
    return names;
  }

  @Test
  void schemas_refuseWhatIsWrong() throws Exception {
    ObjectNode report =
        (ObjectNode)
            report(0, "backup", "-b", source.toString(), ".", temp.resolve("backup").toString());
    assertThat(errors(REPORT, report.deepCopy().put("status", "fine"))).hasSize(1);
    assertThat(errors(REPORT, report.deepCopy().without("exitCode"))).hasSize(1);
    JsonNode planned =
        MAPPER.readTree("{\"event\":\"planned\",\"time\":\"2026-11-25T09:15:23Z\",\"path\":\"a\"}");
    assertThat(errors(EVENT, planned)).isNotEmpty();
  }
}
