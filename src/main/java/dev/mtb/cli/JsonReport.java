package dev.mtb.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** The report as JSON; the names of its fields are a promise to other programs. */
final class JsonReport {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private JsonReport() {}

  /** Whether a text is the beginning of a report. */
  static boolean isBeginning(String text) {
    return text.startsWith("{") && text.contains("\"status\"") && text.contains("\"exitCode\"");
  }

  static String of(BackupReport report, String destination) throws IOException {
    return escaped(MAPPER.writeValueAsString(node(report, destination)));
  }

  static ObjectNode node(BackupReport report, String destination) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("status", report.outcome().name().toLowerCase(Locale.ROOT));
    json.put("exitCode", report.exitCode());
    json.put("dryRun", report.dryRun());
    json.put("startedAt", report.startedAt().truncatedTo(ChronoUnit.SECONDS).toString());
    json.put("elapsedSeconds", report.elapsed().toMillis() / 1000.0);
    Totals totals = report.totals();
    json.putObject("files")
        .put("scanned", totals.scanned())
        .put("unchanged", totals.unchanged())
        .put("copied", totals.copied())
        .put("deleted", totals.deleted())
        .put("skipped", totals.skipped())
        .put("failed", totals.failed())
        .put("extra", totals.extra());
    json.putObject("bytes")
        .put("scanned", totals.bytesScanned())
        .put("copied", totals.bytesCopied());
    json.putObject("directories").put("created", totals.directoriesCreated());
    ArrayNode failures = json.putArray("failures");
    for (Failure failure : report.failures()) {
      failures
          .addObject()
          .put(
              "path",
              failure.cause() == Failure.Cause.GIVEN_UP
                  ? readable(destination)
                  : readable(failure.path()))
          .put("stage", failure.stage().name().toLowerCase(Locale.ROOT))
          .put("error", readable(failure.error()));
    }
    ArrayNode advice = json.putArray("advice");
    report.advice().forEach(sentence -> advice.add(readable(sentence)));
    return json;
  }

  /**
   * Jackson escapes what JSON wants escaped. Other characters that act on a terminal, which a
   * report may be shown on, can only stand in strings, where an escape means the same.
   */
  static String escaped(String json) {
    StringBuilder result = new StringBuilder(json.length());
    json.codePoints()
        .forEach(
            c -> {
              if (c < ' ' || !Text.isActive(c)) {
                result.appendCodePoint(c);
              } else {
                for (char unit : Character.toChars(c)) {
                  result.append(String.format("\\u%04x", (int) unit));
                }
              }
            });
    return result.toString();
  }

  /** JSON has no lone surrogates: bytes that are not UTF-8 are shown escaped. */
  private static String readable(Path path) {
    return readable(PathBytes.toText(path));
  }

  static String readable(String text) {
    return isUnicode(text) ? text : Text.printable(text);
  }

  static boolean isUnicode(String text) {
    return StandardCharsets.UTF_16.newEncoder().canEncode(text);
  }
}
