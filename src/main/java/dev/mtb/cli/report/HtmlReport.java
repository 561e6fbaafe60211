package dev.mtb.cli.report;

import com.google.common.base.Joiner;
import com.google.common.io.Resources;
import dev.mtb.cli.text.ProgramVersion;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import dev.mtb.options.BackupOptions;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The report as an HTML page: one file that needs no network, no script and no other file, so that
 * it can be mailed, printed, or opened years later.
 */
final class HtmlReport {
  private static final String GENERATOR = "<meta name=\"generator\" content=\"MTB\"/>";

  /** The page shows no more failures than these; the JSON report has all of them. */
  static final int FAILURES_SHOWN = 1000;

  /** The page shows no more sources than these: a wildcard may name very many. */
  private static final int SOURCES_SHOWN = 20;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT);

  /**
   * What stands before the title. With this policy a browser runs and loads nothing, even if a name
   * becomes markup. Without an icon it would ask the server for one.
   */
  private static final String HEAD =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      %s
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src \
      'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta name="referrer" content="no-referrer"/>
      <link rel="icon" href="data:,"/>
      """
          .formatted(GENERATOR);

  private final Invocation invocation;
  private final BackupReport report;
  private final int exitCode;
  private final Totals totals;
  private final History history;
  private final boolean isVerify;
  private final boolean isDryRun;
  private final Html page = new Html();

  private HtmlReport(Invocation invocation, BackupReport report, int exitCode, History history) {
    this.invocation = invocation;
    this.report = report;
    this.exitCode = exitCode;
    this.totals = report.totals();
    this.history = history;
    isVerify = invocation.command().equals("verify");
    isDryRun = report.dryRun();
  }

  /** Whether a text is the beginning of a page. */
  static boolean isBeginning(String text) {
    return text.contains(GENERATOR);
  }

  /**
   * Makes the page.
   *
   * @param exitCode of the command, which may differ from that of the report
   */
  static String of(Invocation invocation, BackupReport report, int exitCode, History history) {
    return new HtmlReport(invocation, report, exitCode, history).text();
  }

  private static String style() {
    try {
      return Resources.toString(
          Resources.getResource(HtmlReport.class, "page.css"), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String text() {
    String destination = invocation.subject().destination();
    page.raw(HEAD)
        .element("title", headline() + ": " + destination)
        .raw("<style>\n" + style() + "</style>\n</head>\n")
        .line("<body><main class=\"" + Text.lower(report.outcome()) + "\">")
        .line("<header>")
        .element("h1", headline())
        .raw("<p>")
        .name(destination)
        .line("</p>")
        .element("p", explanation())
        .element(
            "p",
            "faint",
            "%s, took %s, exit code %s"
                .formatted(time(report.startedAt()), Format.duration(report.elapsed()), exitCode))
        .line("</header>");
    tiles();
    report
        .fatal()
        .ifPresent(
            why ->
                page.line("<section class=\"why\">")
                    .element("h2", "Why it was given up")
                    .element("p", Text.message(why))
                    .line("</section>"));
    failures();
    throughput();
    slowest();
    advice();
    run();
    return page.line("</main></body>").line("</html>").toString();
  }

  private static String time(Instant instant) {
    return TIME.format(instant.atZone(ZoneId.systemDefault()));
  }

  private String headline() {
    String command = invocation.command();
    String what = command.substring(0, 1).toUpperCase(Locale.ROOT) + command.substring(1);
    return (isDryRun ? "Dry run" : isVerify ? "Verification" : what)
        + switch (report.outcome()) {
          case OK -> " complete";
          case PARTIAL -> isVerify ? " found differences" : " incomplete";
          case FAILED -> " failed";
          case INTERRUPTED -> " interrupted";
        };
  }

  private String explanation() {
    return switch (report.outcome()) {
      case OK ->
          isDryRun
              ? "Nothing was changed; this is what a run would do."
              : isVerify
                  ? "Everything is in the backup as it should be."
                  : "Everything that was asked for is safe.";
      case PARTIAL -> partial();
      case FAILED -> "The run was given up; what it had not got to is as it was before.";
      case INTERRUPTED ->
          "The run was stopped from outside; what was in flight was finished or undone.";
    };
  }

  private String partial() {
    long count = totals.failed();
    String failed = counted(count, "file or directory", "files and directories");
    if (report.exitCode() == 24) {
      return failed + " vanished or kept changing while they were read; nothing else went wrong.";
    }
    if (isVerify) {
      return counted(count, "difference or failure", "differences and failures") + ".";
    }
    return failed
        + " could not be dealt with; "
        + (isDryRun ? "nothing was changed." : "everything else is safe.");
  }

  private static String counted(long count, String one, String many) {
    return Text.count(count) + " " + (count == 1 ? one : many);
  }

  private void tiles() {
    page.line("<div class=\"tiles\">");
    if (!isVerify) {
      tile(Text.count(totals.copied()), isDryRun ? "files to copy" : "files copied");
      tile(Format.size(totals.bytesCopied()), isDryRun ? "to copy" : "copied");
      if (!isDryRun) {
        tile(Format.rate(totals.bytesCopied(), report.elapsed()), "on average");
      }
    }
    tile(Text.count(totals.unchanged()), isVerify ? "as they should be" : "unchanged");
    tile(totals.failed() > 0 ? "tile bad" : "tile", Text.count(totals.failed()), "failed");
    tile(Text.count(totals.scanned()), "looked at, " + Format.size(totals.bytesScanned()));
    tileIfAny(totals.directoriesCreated(), isDryRun ? "directories to make" : "directories made");
    tileIfAny(totals.deleted(), isDryRun ? "to delete" : "deleted");
    tileIfAny(totals.extra(), "not in the source");
    tileIfAny(totals.skipped(), "skipped (no files)");
    tile(Format.duration(report.elapsed()), "from start to end");
    page.line("</div>");
  }

  private void tileIfAny(long count, String meaning) {
    if (count > 0) {
      tile(Text.count(count), meaning);
    }
  }

  private void tile(String figure, String meaning) {
    tile("tile", figure, meaning);
  }

  private void tile(String style, String figure, String meaning) {
    page.raw("<div class=\"" + style + "\">")
        .element("b", figure)
        .element("span", meaning)
        .line("</div>");
  }

  private void failures() {
    // The reason why the run was given up stands above.
    List<Failure> failures =
        report.failures().stream()
            .filter(failure -> failure.cause() != Failure.Cause.GIVEN_UP)
            .toList();
    if (failures.isEmpty()) {
      return;
    }
    page.line("<section>")
        .element("h2", "Failures (" + Text.count(failures.size()) + ")")
        .line("<table><thead><tr><th>Name</th><th>While</th><th>Why</th></tr></thead><tbody>");
    failures.stream()
        .limit(FAILURES_SHOWN)
        .forEach(
            failure ->
                page.raw("<tr><td class=\"file\">")
                    .name(failure.path())
                    .raw("</td>")
                    .element("td", words(failure.stage()))
                    .element("td", "error", Text.message(failure.error()))
                    .line("</tr>"));
    page.line("</tbody></table>");
    int more = failures.size() - FAILURES_SHOWN;
    if (more > 0) {
      String text = "and " + Text.count(more) + " more; --report lists all of them.";
      page.element("p", "faint", text);
    }
    page.line("</section>");
  }

  private static String words(Failure.Stage stage) {
    return switch (stage) {
      case SCAN -> "scanning";
      case COMPARE -> "comparing";
      case COPY -> "copying";
      case DELETE -> "deleting";
      case VERIFY -> "verifying";
    };
  }

  private void throughput() {
    List<Throughput.Sample> samples = history.samples(report.elapsed());
    List<Chart> charts =
        List.of(
            new Chart("Data written", "bytes", Format::rate, samples, Throughput.Sample::bytes),
            new Chart("Files copied", "copied", Text::rate, samples, Throughput.Sample::copied),
            new Chart(
                "Files compared", "compared", Text::rate, samples, Throughput.Sample::compared));
    if (charts.stream().allMatch(Chart::isFlat)) {
      return;
    }
    page.line("<section>").element("h2", "Over time");
    charts.stream().filter(chart -> !chart.isFlat()).forEach(chart -> chart.draw(page));
    page.line("</section>");
  }

  private void slowest() {
    List<History.Timed> slowest = history.slowest();
    if (slowest.isEmpty()) {
      return;
    }
    page.line("<section>")
        .element("h2", "Slowest files")
        .raw("<table><thead><tr><th>Name</th>")
        .raw("<th class=\"number\">Time</th><th class=\"number\">Size</th>")
        .line("<th class=\"number\">Rate</th></tr></thead><tbody>");
    for (History.Timed file : slowest) {
      String rate = file.hasContent() ? Format.rate(file.size(), file.time()) : "metadata only";
      page.raw("<tr><td class=\"file\">")
          .name(file.path())
          .raw("</td>")
          .element("td", "number", Format.duration(file.time()))
          .element("td", "number", Format.size(file.size()))
          .element("td", "number", rate)
          .line("</tr>");
    }
    page.line("</tbody></table>").line("</section>");
  }

  private void advice() {
    if (report.advice().isEmpty()) {
      return;
    }
    page.line("<section>").element("h2", "What would make the next run cheaper").line("<ul>");
    report.advice().forEach(sentence -> page.element("li", Text.message(sentence)));
    page.line("</ul>").line("</section>");
  }

  private void run() {
    BackupOptions options = invocation.subject().options();
    page.line("<section>").element("h2", "The run").line("<dl>");
    row("Command", invocation.commandLine());
    if (!invocation.environment().isEmpty()) {
      row("Environment", String.join(" ", invocation.environment()));
    }
    sources();
    row("Base", invocation.subject().base());
    row("Destination", invocation.subject().destination());
    fact("Began", time(report.startedAt()));
    fact("Ended", time(report.startedAt().plus(report.elapsed())));
    int threads = options.concurrency().threads();
    fact("Threads", threads + " copying, " + options.concurrency().checkers() + " comparing");
    report.connections().ifPresent(most -> fact("Requests", most + " at a time, at most"));
    if (!isVerify) {
      fact("Differs by", words(options));
      fact("Read back", options.checks().verifyAfter() ? "each copy, after it was written" : "no");
    }
    Map<String, String> style = invocation.subject().style().words();
    if (!style.isEmpty()) {
      fact("Stored with", Text.printable(Joiner.on(", ").withKeyValueSeparator(" ").join(style)));
    }
    fact("Retries", Integer.toString(options.waiting().retries()));
    fact("Machine", TemporaryNames.hostname().strip());
    fact(
        "Program",
        "%s, Java %s, %s %s"
            .formatted(
                ProgramVersion.text(),
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.arch")));
    page.line("</dl>").line("</section>");
  }

  private void sources() {
    List<String> sources = invocation.subject().sources();
    page.element("dt", "Sources").raw("<dd>");
    sources.stream()
        .limit(SOURCES_SHOWN)
        .forEach(source -> page.name(Text.printable(source)).raw("<br/>"));
    int more = sources.size() - SOURCES_SHOWN;
    if (more > 0) {
      page.element("span", "and " + Text.count(more) + " more").raw("<br/>");
    }
    int lists = invocation.subject().lists();
    if (lists > 0) {
      page.element("span", "what " + counted(lists, "list names", "lists name"));
    }
    page.line("</dd>");
  }

  private static String words(BackupOptions options) {
    String window =
        options.comparison().modifyWindow().map(w -> " (to " + Format.duration(w) + ")").orElse("");
    return switch (options.comparison().mode()) {
      case SIZE_MTIME -> "size and time" + window + ", permissions, owner";
      case SIZE -> "size, permissions, owner";
      case CHECKSUM -> "content, time, permissions, owner";
      case ALWAYS -> "everything is copied";
    };
  }

  /** Adds a row whose text holds names. */
  private void row(String term, String printable) {
    page.element("dt", term).raw("<dd>").name(printable).line("</dd>");
  }

  private void fact(String term, String meaning) {
    page.element("dt", term).element("dd", meaning).line("");
  }
}
