package dev.mtb.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.options.ObjectStyle;
import dev.mtb.testing.Fuzz;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class JsonReportTest {
  @Test
  void report_isExact_andYetSafeToShow() {
    ObjectMapper mapper = new ObjectMapper();
    Fuzz.seeded("reports")
        .times(
            500,
            random -> {
              String error = Fuzz.text(random, 9).replaceAll("[\ud800-\udfff]", "");
              BackupReport report =
                  new BackupReport(
                      BackupReport.Outcome.PARTIAL,
                      false,
                      Instant.EPOCH,
                      Duration.ZERO,
                      new Totals(0, 0, 0, 0, 0, 0, 0, 0, 0),
                      List.of(
                          new Failure(
                              Path.of("x"), Failure.Stage.COPY, error, Failure.Cause.ERROR)),
                      List.of(),
                      OptionalInt.empty());
              String json = JsonReport.of(report, "/backup", ObjectStyle.DEFAULT);
              assertThat(mapper.readTree(json).at("/failures/0/error").asText()).isEqualTo(error);
              assertThat(json.codePoints()).noneMatch(c -> c != '\n' && Text.isActive(c));
            });
  }
}
