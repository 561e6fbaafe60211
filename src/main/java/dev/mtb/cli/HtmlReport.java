package dev.mtb.cli;

import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import dev.mtb.options.BackupOptions;
import dev.mtb.store.TemporaryNames;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

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

  /** With this policy a browser runs and loads nothing, even if a name becomes markup. */
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
          + " form-action 'none'";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT);

  private final Invocation invocation;
  private final BackupReport report;
  private final int exitCode;
  private final Totals totals;
  private final History history;
  private final OutcomeText outcome;
  private final boolean isVerify;
  private final Html page = new Html();

  private HtmlReport(Invocation invocation, BackupReport report, int exitCode, History history) {
    this.invocation = invocation;
    this.report = report;
    this.exitCode = exitCode;
    this.totals = report.totals();
    this.history = history;
    outcome = new OutcomeText(invocation.command(), report);
    isVerify = invocation.command().equals("verify");
  }

  /** Whether a text is the beginning of a page. */
  static boolean isBeginning(String text) {
    return text.contains(GENERATOR);
  }

  /**
   * Writes the page.
   *
   * @param exitCode of the command, which may differ from that of the report
   */
  static String of(Invocation invocation, BackupReport report, int exitCode, History history) {
    return new HtmlReport(invocation, report, exitCode, history).text();
  }

  private String text() {
    String mood = report.outcome().name().toLowerCase(Locale.ROOT);
    page.line("<!DOCTYPE html>")
        .line("<html lang=\"en\">")
        .line("<head>")
        .line("<meta charset=\"utf-8\"/>")
        .line(GENERATOR)
        .line("<meta http-equiv=\"Content-Security-Policy\" content=\"" + POLICY + "\"/>")
        .line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
        .line("<meta name=\"color-scheme\" content=\"light dark\"/>")
        .line("<meta name=\"referrer\" content=\"no-referrer\"/>")
        // Without it a browser asks the server for an icon.
        .line("<link rel=\"icon\" href=\"data:,\"/>")
        .element("title", outcome.headline() + ": " + invocation.subject().destination())
        .line("")
        .line("<style>")
        .raw(PageStyle.CSS)
        .line("</style>")
        .line("</head>")
        .line("<body><main class=\"" + mood + "\">");
    header();
    tiles();
    why();
    failures();
    throughput();
    slowest();
    advice();
    run();
    page.line("</main></body>").line("</html>");
    return page.toString();
  }

  private void header() {
    page.line("<header>")
        .element("h1", outcome.headline())
        .line("")
        .raw("<p>")
        .name(invocation.subject().destination())
        .line("</p>")
        .element("p", outcome.explanation())
        .line("")
        .element(
            "p",
            "faint",
            time(report.startedAt())
                + ", took "
                + Format.duration(report.elapsed())
                + ", exit code "
                + exitCode)
        .line("")
        .line("</header>");
  }

  private static String time(Instant instant) {
    return TIME.format(instant.atZone(ZoneId.systemDefault()));
  }

  private void tiles() {
    double seconds = Math.max(1e-9, report.elapsed().toNanos() / 1e9);
    page.line("<div class=\"tiles\">");
    if (!isVerify) {
      tile(
          Figures.count(totals.copied()),
          report.dryRun() ? "files to copy" : "files copied",
          /* isBad= */ false);
      tile(
          Format.size(totals.bytesCopied()),
          report.dryRun() ? "to copy" : "copied",
          /* isBad= */ false);
      if (!report.dryRun()) {
        tile(Format.rate(totals.bytesCopied() / seconds), "on average", /* isBad= */ false);
      }
    }
    tile(
        Figures.count(totals.unchanged()),
        isVerify ? "as they should be" : "unchanged",
        /* isBad= */ false);
    tile(Figures.count(totals.failed()), "failed", totals.failed() > 0);
    tile(
        Figures.count(totals.scanned()),
        "looked at, " + Format.size(totals.bytesScanned()),
        /* isBad= */ false);
    tileIfAny(totals.directoriesCreated(), report.dryRun() ? "folders to make" : "folders made");
    tileIfAny(totals.deleted(), report.dryRun() ? "to delete" : "deleted");
    tileIfAny(totals.extra(), "not in the source");
    tileIfAny(totals.skipped(), "skipped (no files)");
    tile(Format.duration(report.elapsed()), "from start to end", /* isBad= */ false);
    page.line("</div>");
  }

  private void tile(String figure, String meaning, boolean isBad) {
    page.raw(isBad ? "<div class=\"tile bad\">" : "<div class=\"tile\">")
        .element("b", figure)
        .element("span", meaning)
        .line("</div>");
  }

  private void tileIfAny(long count, String meaning) {
    if (count > 0) {
      tile(Figures.count(count), meaning, /* isBad= */ false);
    }
  }

  private void why() {
    report
        .fatal()
        .ifPresent(
            why ->
                page.line("<section class=\"why\">")
                    .element("h2", "Why it was given up")
                    .element("p", Text.printable(why))
                    .line("")
                    .line("</section>"));
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
        .element("h2", "Failures (" + Figures.count(failures.size()) + ")")
        .line("<table><thead><tr><th>Name</th><th>While</th><th>Why</th></tr></thead><tbody>");
    for (Failure failure : failures.subList(0, Math.min(FAILURES_SHOWN, failures.size()))) {
      page.raw("<tr><td class=\"file\">")
          .name(failure.path())
          .raw("</td><td>")
          .raw(words(failure.stage()))
          .raw("</td>")
          .element("td", "error", Text.printable(failure.error()))
          .line("</tr>");
    }
    page.line("</tbody></table>");
    if (failures.size() > FAILURES_SHOWN) {
      page.element(
              "p",
              "faint",
              "and "
                  + Figures.count(failures.size() - FAILURES_SHOWN)
                  + " more; --report lists all of them.")
          .line("");
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
            new Chart(
                "Files copied",
                "copied",
                rate -> Figures.rate(rate) + "/s",
                samples,
                Throughput.Sample::copied),
            new Chart(
                "Files compared",
                "compared",
                rate -> Figures.rate(rate) + "/s",
                samples,
                Throughput.Sample::compared));
    if (charts.stream().allMatch(Chart::isFlat)) {
      return;
    }
    page.line("<section>").element("h2", "Over time").line("");
    charts.stream().filter(chart -> !chart.isFlat()).forEach(chart -> chart.draw(page));
    page.line("</section>");
  }

  private void slowest() {
    List<SlowestFiles.Timed> slowest = history.slowest();
    if (slowest.isEmpty()) {
      return;
    }
    page.line("<section>")
        .element("h2", "Slowest files")
        .line(
            "<table><thead><tr><th>Name</th><th class=\"number\">Time</th>"
                + "<th class=\"number\">Size</th><th class=\"number\">Rate</th></tr></thead>"
                + "<tbody>");
    for (SlowestFiles.Timed file : slowest) {
      double seconds = Math.max(1e-9, file.time().toNanos() / 1e9);
      page.raw("<tr><td class=\"file\">")
          .name(file.path())
          .raw("</td>")
          .element("td", "number", Format.duration(file.time()))
          .element("td", "number", Format.size(file.size()))
          .element(
              "td",
              "number",
              file.hasContent() ? Format.rate(file.size() / seconds) : "metadata only")
          .line("</tr>");
    }
    page.line("</tbody></table>").line("</section>");
  }

  private void advice() {
    if (report.advice().isEmpty()) {
      return;
    }
    page.line("<section>").element("h2", "What would make the next run cheaper").line("<ul>");
    report.advice().forEach(sentence -> page.element("li", Text.printable(sentence)).line(""));
    page.line("</ul>").line("</section>");
  }

  private void run() {
    BackupOptions options = invocation.subject().options();
    page.line("<section>").element("h2", "The run").line("<dl>");
    row("Command", invocation.commandLine());
    if (!invocation.environment().isEmpty()) {
      row("Environment", String.join(" ", invocation.environment()));
    }
    page.element("dt", "Sources").raw("<dd>");
    List<String> sources = invocation.subject().sources();
    for (String source : sources.subList(0, Math.min(SOURCES_SHOWN, sources.size()))) {
      page.name(Text.printable(source)).raw("<br/>");
    }
    if (sources.size() > SOURCES_SHOWN) {
      page.element("span", "and " + Figures.count(sources.size() - SOURCES_SHOWN) + " more")
          .raw("<br/>");
    }
    int lists = invocation.subject().lists();
    if (lists > 0) {
      page.element("span", "what " + OutcomeText.counted(lists, "list names", "lists name"));
    }
    page.line("</dd>");
    row("Base", invocation.subject().base());
    row("Destination", invocation.subject().destination());
    fact("Began", time(report.startedAt()));
    fact("Ended", time(report.startedAt().plus(report.elapsed())));
    fact(
        "Threads",
        options.concurrency().threads()
            + " copying, "
            + options.concurrency().checkers()
            + " comparing");
    if (!isVerify) {
      fact("Differs by", words(options));
      fact("Read back", options.checks().verifyAfter() ? "each copy, after it was written" : "no");
    }
    fact("Retries", Integer.toString(options.waiting().retries()));
    fact("Machine", TemporaryNames.hostname().strip());
    fact(
        "Program",
        new Version().getVersion()[0]
            + ", Java "
            + Runtime.version()
            + ", "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch"));
    page.line("</dl>").line("</section>");
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
