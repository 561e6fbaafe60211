package dev.mtb.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import com.google.common.collect.ImmutableList;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.testing.Fuzz;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What the page holds; how it looks is for {@code HtmlReportIT}. */
class HtmlReportTest {
  private static final Metadata FILE = Metadata.known(Kind.FILE, 5_000_000);

  /** Letters that some markup is made of, and all that is not seen. */
  private static final String HOSTILE =
      "<script>alert(1)</script>\"' onload='x' &lt; ]]> --> \n\r\t\u001b[31m\u202e\u200b";

  private final History history = new History(Ticker.systemTicker());
  private List<Failure> failures = new ArrayList<>();
  private List<String> words = List.of("-b", "/home/me", "docs", "/mnt/backup");
  private Optional<String> fatal = Optional.empty();
  private List<String> advice = List.of();
  private boolean isDryRun;

  private List<Failure> withFatal() {
    return Stream.concat(failures.stream(), fatal.map(Failure::givenUp).stream()).toList();
  }

  private String page(String command, Outcome outcome) {
    return page(command, outcome, Path.of("/mnt/backup"));
  }

  private String page(String command, Outcome outcome, Path destination) {
    BackupJob job =
        BackupJob.builder()
            .base(Path.of("/home/me"))
            .source(Path.of("docs"))
            .destination(destination)
            .options(BackupOptions.builder().threads(7).build())
            .build();
    BackupReport report =
        new BackupReport(
            outcome,
            isDryRun,
            Instant.parse("2026-11-25T02:00:00Z"),
            Duration.ofSeconds(100),
            new Totals(12_345, 60, 30, 0, 2, failures.size(), 5, 123_456_789_012L, 45_000_000),
            withFatal(),
            advice,
            OptionalInt.of(128));
    Invocation invocation =
        new Invocation(
            command,
            ImmutableList.copyOf(words),
            ImmutableList.of("MTB_THREADS=7"),
            Subject.of(job, List.of()));
    return HtmlReport.of(invocation, report, report.exitCode(), history);
  }

  /** The page is well-formed XML, too, so that a strict parser can tell what is text. */
  private static Document parse(String page) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(page)));
  }

  private static List<Element> elements(Document document, String tag) {
    NodeList nodes = document.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  private static List<String> texts(Document document, String tag) {
    return elements(document, tag).stream().map(Element::getTextContent).toList();
  }

  private void fail(String path, String error) {
    failures.add(new Failure(Path.of(path), Failure.Stage.COPY, error, Failure.Cause.ERROR));
  }

  @Test
  void page_holdsTotals_outcome_andWhatWasAskedFor() throws Exception {
    Document page = parse(page("backup", Outcome.OK));
    assertThat(texts(page, "h1")).containsExactly("Backup complete");
    assertThat(texts(page, "title")).first().isEqualTo("Backup complete: /mnt/backup");
    assertThat(page.getDocumentElement().getTextContent())
        .contains("Everything that was asked for is safe.")
        .contains("exit code 0")
        .contains("30files copied")
        .contains("45.0 MBcopied")
        .contains("450.0 kB/son average")
        .contains("60unchanged")
        .contains("0failed")
        .contains("12,345looked at, 123.5 GB")
        .contains("2skipped")
        .doesNotContain("deleted")
        .contains("1 min 40 s")
        .contains("mtb backup -b /home/me docs /mnt/backup")
        .contains("MTB_THREADS=7")
        .contains("7 copying, 32 comparing");
  }

  @Test
  void outcome_isSaidInWords() throws Exception {
    assertThat(page("verify", Outcome.OK))
        .contains("Verification complete")
        .contains("as it should");
    assertThat(page("backup", Outcome.INTERRUPTED)).contains("Backup interrupted");
    fatal = Optional.of("the mount <b> is gone");
    assertThat(texts(parse(page("backup", Outcome.FAILED)), "p")).contains("the mount <b> is gone");
    fatal = Optional.empty();
    failures.add(
        new Failure(Path.of("f"), Failure.Stage.COPY, "vanished", Failure.Cause.SOURCE_MOVED));
    assertThat(page("backup", Outcome.PARTIAL))
        .contains("Backup incomplete")
        .contains("1 file or directory vanished or kept changing")
        .contains("exit code 24");
    fail("g", "permission denied");
    assertThat(page("backup", Outcome.PARTIAL))
        .contains("2 files and directories could not be dealt with")
        .contains("exit code 23");
    assertThat(page("verify", Outcome.PARTIAL))
        .contains("Verification found differences")
        .contains("2 differences and failures");
    isDryRun = true;
    assertThat(page("backup", Outcome.PARTIAL))
        .contains("Dry run incomplete")
        .contains("nothing was changed")
        .doesNotContain("is safe");
    failures = new ArrayList<>();
    assertThat(page("backup", Outcome.OK))
        .contains("Dry run complete")
        .contains("Nothing was changed")
        .contains("files to copy")
        .doesNotContain("files copied");
  }

  @Test
  void hostileText_isShown_andIsNothingElse() throws Exception {
    fail("f", HOSTILE);
    fatal = Optional.of(HOSTILE);
    advice = List.of(HOSTILE);
    words = List.of("--report=" + HOSTILE, HOSTILE);
    history.copying(Path.of("<b>"), FILE, Action.CREATE);
    history.copied(Path.of("<b>"), FILE);
    String text = page("backup", Outcome.FAILED, Path.of("/mnt/<i>\"\n&amp;"));
    assertThat(text).doesNotContain("<script").doesNotContain("<b>\"").doesNotContain("<i>");
    assertThat(text.chars().filter(c -> c != '\n')).noneMatch(Text::isActive);
    Document page = parse(text);
    assertThat(elements(page, "script")).isEmpty();
    assertThat(elements(page, "i")).isEmpty();
    assertThat(texts(page, "title")).first().isEqualTo("Backup failed: /mnt/<i>\"\\n&amp;");
    assertThat(texts(page, "li")).containsExactly(Text.printable(HOSTILE));
    assertThat(texts(page, "td")).contains(Text.printable(HOSTILE)).contains("<b>");
  }

  @Test
  void anyText_leavesTheShapeOfThePageAlone() throws Exception {
    fail("f", "harmless");
    int elements = elements(parse(page("backup", Outcome.PARTIAL)), "*").size();
    Fuzz fuzz = Fuzz.seeded("page");
    fuzz.times(
        300,
        random -> {
          // XML knows no U+FFFE and U+FFFF, which browsers do.
          String text =
              Fuzz.text(random, 12, "<script>", "</td>", "&amp;", "]]>", "-->")
                  .replaceAll("[\ufffe\uffff]", "");
          failures = new ArrayList<>();
          fail("f", text);
          words = List.of(text);
          Document page = parse(page("backup", Outcome.PARTIAL));
          assertThat(elements(page, "*")).hasSize(elements);
          assertThat(texts(page, "td")).contains(Text.printable(text));
        });
  }

  @Test
  void failures_areShownUpToABound_andThenCounted() throws Exception {
    for (int f = 0; f < HtmlReport.FAILURES_SHOWN; f++) {
      fail("f" + f, "no");
    }
    String atBound = page("backup", Outcome.PARTIAL);
    assertThat(atBound).contains("Failures (1,000)").contains(">f999<").doesNotContain("more;");
    for (int f = 0; f < 234; f++) {
      fail("g" + f, "no");
    }
    String beyond = page("backup", Outcome.PARTIAL);
    assertThat(beyond).contains("Failures (1,234)").contains("and 234 more").doesNotContain(">g0<");
    assertThat(elements(parse(beyond), "tr")).hasSize(1001);
  }

  @Test
  void longRunOfManyFiles_makesAPageThatIsNoLongerForIt() throws Exception {
    long[] nanos = {0};
    History longHistory =
        new History(
            new Ticker() {
              @Override
              public long read() {
                return nanos[0];
              }
            });
    for (int f = 0; f < 200_000; f++) {
      Path path = Path.of("d" + f % 100, "f" + f);
      longHistory.decided(path, FILE, Action.CREATE, Reason.NEW);
      longHistory.copying(path, FILE, Action.CREATE);
      nanos[0] += 500_000 + f % 1000;
      longHistory.bytesWritten(4096);
      longHistory.copied(path, FILE);
    }
    BackupReport report =
        new BackupReport(
            Outcome.OK,
            false,
            Instant.EPOCH,
            Duration.ofNanos(nanos[0]),
            new Totals(0, 0, 0, 0, 0, 0, 0, 0, 0),
            List.of(),
            List.of(),
            OptionalInt.empty());
    BackupJob job = BackupJob.builder().source(Path.of("a")).destination(Path.of("/mnt/b")).build();
    Invocation invocation =
        new Invocation(
            "backup", ImmutableList.of(), ImmutableList.of(), Subject.of(job, List.of()));
    String page = HtmlReport.of(invocation, report, 0, longHistory);
    assertThat(page).hasSizeBetween(20_000, 150_000);
    Document document = parse(page);
    assertThat(elements(document, "figure")).hasSize(3);
    assertThat(elements(document, "tr")).hasSize(1 + History.SLOWEST);
    assertThat(texts(document, "td")).contains("5.0 MB");
  }

  @Test
  void chartsOfNothing_areLeftOut() throws Exception {
    assertThat(elements(parse(page("backup", Outcome.OK)), "figure")).isEmpty();
    history.decided(Path.of("f"), FILE, Action.NONE, Reason.UNCHANGED);
    assertThat(texts(parse(page("backup", Outcome.OK)), "figcaption"))
        .singleElement()
        .asString()
        .startsWith("Files compared");
  }

  @Test
  void nothingIsFetched_andNothingRuns() {
    fail("f", "no");
    String page = page("backup", Outcome.PARTIAL);
    assertThat(page)
        .contains("Content-Security-Policy\" content=\"default-src 'none';")
        .doesNotContainPattern("(?i)\\b(src|href|action|on[a-z]+)=\"(?!data:,)")
        .doesNotContain("url(")
        .doesNotContain("@import")
        .doesNotContain("http://")
        .doesNotContain("https://");
  }

  @Test
  void commandLine_canBeTypedAgain_andIsCutIfItIsVeryLong() {
    words = List.of("", "a b", "it's", "$HOME", "plain-1.2/x", "new\nline");
    assertThat(page("backup", Outcome.OK))
        .contains(
            Html.escaped("mtb backup '' 'a b' 'it'\\''s' '$HOME' plain-1.2/x " + "$'new\\nline'"));
    words = new ArrayList<>();
    for (int w = 0; w < 10_000; w++) {
      words.add("file" + w);
    }
    assertThat(page("backup", Outcome.OK)).hasSizeLessThan(20_000).contains("words more)");
  }
}
