package dev.mtb.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.testing.Exposition;
import dev.mtb.testing.RandomTree;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrometheusMetricsTest {
  private static final Instant START = Instant.parse("2026-11-25T02:00:00.250Z");
  private static final String LAST_SUCCESS = "mtb_last_success_timestamp_seconds";

  private static Invocation invocation(String command, String destination) {
    return invocation(command, Path.of(destination));
  }

  private static Invocation invocation(String command, Path destination) {
    BackupJob job = BackupJob.builder().source(Path.of("a")).destination(destination).build();
    return new Invocation(
        command, ImmutableList.of(), ImmutableList.of(), Subject.of(job, List.of()));
  }

  private static BackupReport report(Outcome outcome, Instant start) {
    return new BackupReport(
        outcome,
        false,
        start,
        Duration.ofMillis(90_500),
        new Totals(100, 60, 30, 1, 2, 7, 5, 123_456_789_012L, 45_678),
        failures(outcome),
        List.of(),
        OptionalInt.empty());
  }

  private static List<Failure> failures(Outcome outcome) {
    Failure scan = new Failure(Path.of("x"), Failure.Stage.SCAN, "no", Failure.Cause.ERROR);
    Failure copy = new Failure(Path.of("y"), Failure.Stage.COPY, "no", Failure.Cause.ERROR);
    return switch (outcome) {
      case OK -> List.of();
      case FAILED -> List.of(scan, copy, Failure.givenUp("gone"));
      default -> List.of(scan, copy);
    };
  }

  private static String metrics(Outcome outcome, Instant start, String older) {
    BackupReport report = report(outcome, start);
    return PrometheusMetrics.of(
        "nightly", invocation("backup", "/mnt/b"), report, report.exitCode(), older);
  }

  @Test
  void everyFigure_isThere_inTheFormatThatPrometheusReads() {
    Exposition read = Exposition.parse(metrics(Outcome.PARTIAL, START, ""));
    assertThat(read.value(LAST_SUCCESS)).isEqualTo("0");
    assertThat(read.value("mtb_last_run_start_timestamp_seconds")).isEqualTo("1795572000.250");
    assertThat(read.value("mtb_last_run_duration_seconds")).isEqualTo("90.500");
    assertThat(read.value("mtb_last_run_exit_code")).isEqualTo("23");
    assertThat(read.value("mtb_last_run_scanned_files")).isEqualTo("100");
    assertThat(read.value("mtb_last_run_scanned_bytes")).isEqualTo("123456789012");
    assertThat(read.value("mtb_last_run_copied_bytes")).isEqualTo("45678");
    assertThat(read.value("mtb_last_run_created_directories")).isEqualTo("5");
    Map.of(
            "unchanged",
            "60",
            "copied",
            "30",
            "deleted",
            "1",
            "skipped",
            "2",
            "failed",
            "7",
            "extra",
            "0")
        .forEach(
            (outcome, count) ->
                assertThat(read.value("mtb_last_run_files", Map.of("outcome", outcome)))
                    .isEqualTo(count));
    Map.of("scan", "1", "compare", "0", "copy", "1", "delete", "0", "verify", "0")
        .forEach(
            (stage, count) ->
                assertThat(read.value("mtb_last_run_failures", Map.of("stage", stage)))
                    .isEqualTo(count));
    assertThat(read.samples())
        .allSatisfy(
            sample ->
                assertThat(sample.labels())
                    .containsEntry("backup", "nightly")
                    .containsEntry("command", "backup")
                    .containsEntry("destination", "/mnt/b"));
  }

  @Test
  void lastSuccess_isTheEndOfTheRun_andIsKeptByThoseThatFail() {
    String first = metrics(Outcome.OK, START, "");
    assertThat(Exposition.parse(first).value(LAST_SUCCESS)).isEqualTo("1795572090.750");
    String second = metrics(Outcome.FAILED, START.plusSeconds(86400), first);
    Exposition read = Exposition.parse(second);
    assertThat(read.value(LAST_SUCCESS)).isEqualTo("1795572090.750");
    assertThat(read.value("mtb_last_run_exit_code")).isEqualTo("10");
    assertThat(read.value("mtb_last_run_failures", Map.of("stage", "copy"))).isEqualTo("2");
    String third = metrics(Outcome.INTERRUPTED, START.plusSeconds(2 * 86400), second);
    assertThat(Exposition.parse(third).value(LAST_SUCCESS)).isEqualTo("1795572090.750");
    String fourth = metrics(Outcome.OK, START.plusSeconds(3 * 86400), third);
    assertThat(Exposition.parse(fourth).value(LAST_SUCCESS)).isEqualTo("1795831290.750");
  }

  @Test
  void whatCannotBeWritten_isNoSuccess() {
    String text =
        PrometheusMetrics.of(
            "n", invocation("backup", "/b"), report(Outcome.OK, START), 23, /* older= */ "");
    assertThat(Exposition.parse(text).value(LAST_SUCCESS)).isEqualTo("0");
  }

  @Test
  void successOfAnother_orOfTheFuture_isNotTaken() {
    String first = metrics(Outcome.OK, START, "");
    assertThat(
            Exposition.parse(
                    PrometheusMetrics.of(
                        "nightly",
                        invocation("backup", "/elsewhere"),
                        report(Outcome.PARTIAL, START.plusSeconds(9)),
                        23,
                        first))
                .value(LAST_SUCCESS))
        .isEqualTo("0");
    String earlier = metrics(Outcome.PARTIAL, START.minusSeconds(86400), first);
    assertThat(Exposition.parse(earlier).value(LAST_SUCCESS)).isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "-1", "1e9", "1795572090 1", "", "0x1", "99999999999999999999"})
  void lastSuccess_thatIsNoTime_isNotTaken(String value) {
    String older = metrics(Outcome.OK, START, "").replace("1795572090.750", value);
    String text = metrics(Outcome.PARTIAL, START.plusSeconds(9), older);
    assertThat(Exposition.parse(text).value(LAST_SUCCESS)).isEqualTo("0");
  }

  @Test
  void anyDestination_isEscaped_andComesThrough() {
    String name = "q\"b\\s\n\u001b[31m\u202e} 1\nmtb_evil 1";
    Path destination = RandomTree.child(Path.of("/mnt"), name.getBytes(StandardCharsets.UTF_8));
    String first =
        PrometheusMetrics.of(
            "x\"\\",
            invocation("backup", destination),
            report(Outcome.OK, START),
            0,
            /* older= */ "");
    Exposition read = Exposition.parse(first);
    assertThat(first).doesNotContain("\u001b").doesNotContain("\u202e");
    assertThat(read.samples().get(0).labels())
        .containsEntry("destination", Text.path(destination))
        .containsEntry("backup", "x\"\\");
    assertThat(read.samples()).extracting(Exposition.Sample::name).doesNotContain("mtb_evil");
    String second =
        PrometheusMetrics.of(
            "x\"\\",
            invocation("backup", destination),
            report(Outcome.PARTIAL, START.plusSeconds(60)),
            23,
            first);
    assertThat(Exposition.parse(second).value(LAST_SUCCESS)).isEqualTo("1795572090.750");
  }

  @Test
  void escapes_areUndoneByTheReader() {
    String value = "a\nb\\n\"";
    assertThat(
            Exposition.parse(
                    "# HELP a A.\n# TYPE a gauge\na{x=\""
                        + PrometheusMetrics.escaped(value)
                        + "\"} 1\n")
                .samples()
                .get(0)
                .labels())
        .containsEntry("x", value);
  }

  @Test
  void command_isRead() {
    assertThat(PrometheusMetrics.commandOf(metrics(Outcome.OK, START, ""))).hasValue("backup");
    assertThat(PrometheusMetrics.commandOf("")).isEmpty();
    assertThat(PrometheusMetrics.commandOf("up 1\n")).isEmpty();
  }
}
