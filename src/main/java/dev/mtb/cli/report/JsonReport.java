package dev.mtb.cli.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.cli.text.JsonText;
import dev.mtb.cli.text.Text;
import dev.mtb.doctor.Checkup;
import dev.mtb.doctor.Finding;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.PathBytes;
import dev.mtb.options.ObjectStyle;
import java.io.IOException;
import java.time.temporal.ChronoUnit;

/** Reports as JSON. The names of fields are a promise to other programs. */
public final class JsonReport {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private JsonReport() {}

  /** Whether a text is the beginning of a report. */
  static boolean isBeginning(String text) {
    return text.startsWith("{") && text.contains("\"status\"") && text.contains("\"exitCode\"");
  }

  /** The report of a run. */
  static String of(BackupReport report, String destination, ObjectStyle stored) throws IOException {
    ObjectNode json = node(report, destination);
    if (!stored.words().isEmpty()) {
      ObjectNode with = json.putObject("storedWith");
      stored.words().forEach(with::put);
    }
    return JsonText.escaped(MAPPER.writeValueAsString(json));
  }

  public static ObjectNode node(BackupReport report, String destination) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("status", Text.lower(report.outcome()));
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
    report.connections().ifPresent(most -> json.putObject("connections").put("most", most));
    ArrayNode failures = json.putArray("failures");
    for (Failure failure : report.failures()) {
      boolean isOfRun = failure.cause() == Failure.Cause.GIVEN_UP;
      failures
          .addObject()
          .put("path", JsonText.readable(isOfRun ? destination : PathBytes.toText(failure.path())))
          .put("stage", Text.lower(failure.stage()))
          .put("error", JsonText.message(failure.error()));
    }
    ArrayNode advice = json.putArray("advice");
    report.advice().forEach(sentence -> advice.add(JsonText.message(sentence)));
    return json;
  }

  /** The findings of the doctor. */
  public static String of(Checkup checkup, String destination) throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("destination", JsonText.readable(destination));
    json.put("exitCode", checkup.exitCode());
    ArrayNode findings = json.putArray("findings");
    for (Finding finding : checkup.findings()) {
      ObjectNode one =
          findings
              .addObject()
              .put("status", Text.lower(finding.status()))
              .put("what", finding.what())
              .put("text", JsonText.message(finding.text()));
      finding.remedy().ifPresent(remedy -> one.put("remedy", JsonText.message(remedy)));
    }
    checkup.notChecked().forEach(json.putArray("notChecked")::add);
    return JsonText.escaped(MAPPER.writeValueAsString(json));
  }
}
