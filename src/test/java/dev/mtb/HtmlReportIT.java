package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mtb.testing.Browser;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresBrowser;
import dev.mtb.testing.Thorough;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of {@code --report-html} in a real browser. */
@RequiresBrowser
class HtmlReportIT {
  /** Pixels of the outline of a chart at least; how long it is depends on the run. */
  private static final int OUTLINE = 20;

  /** Finds text with too little contrast by the rule of WCAG 2 (AA): less than 4.5 to 1. */
  private static final String TOO_FAINT =
      """
      (() => {
        const parts = c => c.match(/[\\d.]+/g).map(Number);
        const light = c => {
          const [r, g, b] = parts(c).map(v => v / 255)
              .map(v => v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const behind = e => {
          for (; e; e = e.parentElement) {
            const c = getComputedStyle(e).backgroundColor;
            if (parts(c).length < 4 || parts(c)[3] > 0) return c;
          }
          return 'rgb(255, 255, 255)';
        };
        return [...document.querySelectorAll('body *')]
            .filter(e => !e.closest('svg'))
            .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
            .filter(e => {
              const a = light(getComputedStyle(e).color), b = light(behind(e));
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
            })
            .map(e => e.outerHTML.slice(0, 100));
      })()
      """;

  /** Finds elements that are wider than the window, or than their own box. */
  private static final String TOO_WIDE =
      """
      [...document.querySelectorAll('html, body *')]
          .filter(e => !e.closest('svg'))
          .filter(e => {
            const box = e.getBoundingClientRect();
            return box.right > innerWidth + 0.5 || box.left < -0.5
                || (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1);
          })
          .map(e => e.outerHTML.slice(0, 100))
      """;

  @TempDir static Path profile;
  private static Browser browser;

  @TempDir Path temp;
  private Path source;
  private Path report;

  @BeforeAll
  static void start() throws Exception {
    browser = Browser.start(profile);
    browser.forbidScripts();
  }

  @AfterAll
  static void end() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void folders() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    report = temp.resolve("report.html");
    browser.resize(1000, 800);
    browser.show("screen", "light");
  }

  private int backUp(String... more) throws Exception {
    List<String> args =
        Stream.of(
                Stream.of("backup", "-b", source.toString(), "--report-html", report.toString()),
                Stream.of(more),
                Stream.of(temp.resolve("backup").toString()))
            .flatMap(s -> s)
            .toList();
    // The locale is set, so that names do not depend on the machine that runs the tests.
    MtbProcess mtb =
        MtbProcess.start(temp, Map.of("LC_ALL", "C"), List.of(), args.toArray(String[]::new));
    return mtb.exitCode();
  }

  private String text(String selector) throws Exception {
    return browser.evaluate("document.querySelector('" + selector + "').innerText").asText();
  }

  private int count(String selector) throws Exception {
    return browser.evaluate("document.querySelectorAll('" + selector + "').length").asInt();
  }

  private BufferedImage screenshot() throws Exception {
    return ImageIO.read(new ByteArrayInputStream(browser.screenshot()));
  }

  /** The page as it would be if the charts were not drawn. */
  private BufferedImage withoutCharts() throws Exception {
    showCharts("hidden");
    BufferedImage page = screenshot();
    showCharts("visible");
    return page;
  }

  private void showCharts(String visibility) throws Exception {
    var unused =
        browser.evaluate(
            "document.querySelectorAll('.area').forEach(e => e.style.visibility = '"
                + visibility
                + "')");
  }

  /** How many pixels have about that colour. */
  private static long pixels(BufferedImage image, int red, int green, int blue) {
    long count = 0;
    for (int x = 0; x < image.getWidth(); x++) {
      for (int y = 0; y < image.getHeight(); y++) {
        int pixel = image.getRGB(x, y);
        boolean isNear =
            Math.abs((pixel >> 16 & 0xff) - red) < 12
                && Math.abs((pixel >> 8 & 0xff) - green) < 12
                && Math.abs((pixel & 0xff) - blue) < 12;
        count += isNear ? 1 : 0;
      }
    }
    return count;
  }

  private void assertReadable(String how) throws Exception {
    assertThat(browser.evaluate(TOO_WIDE)).as("too wide: " + how).isEmpty();
    assertThat(browser.evaluate(TOO_FAINT)).as("too faint: " + how).isEmpty();
  }

  @Test
  void pageOfARealRun_isReadableEverywhere_andAsksForNothing() throws Exception {
    RandomTree.smallFiles(source, 8, 50, 20_000);
    for (int f = 0; f < 3; f++) {
      RandomTree.write(
          source.resolve("a long name of a folder, with blanks/" + "x".repeat(200) + f),
          new String(new char[30_000_000]));
    }
    assertThat(backUp(".", "not there")).isEqualTo(23);
    int before = browser.requests().size();
    browser.open(report);
    assertThat(browser.requests().subList(before, browser.requests().size()))
        .filteredOn(url -> !url.equals("data:,"))
        .containsExactly(report.toUri().toString());
    assertThat(browser.complaints()).isEmpty();
    assertThat(browser.evaluate("document.title").asText()).startsWith("Backup incomplete: /");
    assertThat(text("h1")).isEqualTo("Backup incomplete");
    assertThat(text("main"))
        .contains("403")
        .contains("files copied")
        .contains("98.0 MB")
        .contains("exit code 23")
        .contains("Failures (1)")
        .contains("not there")
        .contains("no such file")
        .contains("Data written")
        .contains("Slowest files")
        .contains("x".repeat(200) + "2")
        .contains("mtb backup -b " + source);
    assertThat(count("figure")).isEqualTo(3);
    assertThat(count("section table")).isEqualTo(2);
    JsonNode boxes =
        browser.evaluate(
            "[...document.querySelectorAll('.area')].map(e => e.getBoundingClientRect().height)");
    assertThat(boxes).hasSize(3).allMatch(height -> height.asDouble() > 50);

    assertReadable("wide");
    BufferedImage light = screenshot();
    assertThat(light.getHeight()).isGreaterThan(800);
    assertThat(pixels(light, 0xf4, 0xf5, 0xf7)).as("page").isGreaterThan(10_000);
    assertThat(pixels(light, 0x2f, 0x6f, 0xdb) - pixels(withoutCharts(), 0x2f, 0x6f, 0xdb))
        .as("outlines of charts")
        .isGreaterThan(OUTLINE);
    browser.show("screen", "dark");
    assertReadable("dark");
    BufferedImage dark = screenshot();
    assertThat(pixels(dark, 0x12, 0x16, 0x1c)).as("page").isGreaterThan(10_000);
    assertThat(pixels(dark, 0x6e, 0xa2, 0xff) - pixels(withoutCharts(), 0x6e, 0xa2, 0xff))
        .as("outlines of charts")
        .isGreaterThan(OUTLINE);
    for (int width : new int[] {400, 320}) {
      browser.resize(width, 800);
      assertReadable(width + " pixels, dark");
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt()).isEqualTo(width);
      // The text must be readable on a phone without zooming.
      assertThat(browser.evaluate("parseFloat(getComputedStyle(document.body).fontSize)").asInt())
          .isEqualTo(16);
    }
    // On paper the background is white, also with the dark scheme.
    browser.resize(700, 1000);
    browser.show("print", "dark");
    assertReadable("paper");
    assertThat(browser.evaluate("getComputedStyle(document.body).backgroundColor").asText())
        .isEqualTo("rgb(255, 255, 255)");
    assertThat(new String(browser.print(), StandardCharsets.ISO_8859_1)).startsWith("%PDF-");
  }

  @Test
  void hostileNames_areTextAndNothingElse() throws Exception {
    List<String> names =
        List.of(
            "<script>document.title='x'<",
            "<img src=x onerror=alert(1)>",
            "\"><b>bold<!--",
            "' onclick='x' ",
            "&lt;i&gt;&amp;",
            "  two  blanks  ",
            "new\nline\ttab\u0007",
            "gpj.\u202eexe",
            "</title></style></section>".replace("/", "\u2215"),
            "\u05e9\u05dc\u05d5\u05dd - 12");
    for (String name : names) {
      Files.write(
          RandomTree.child(source, name.getBytes(StandardCharsets.UTF_8)), new byte[] {1, 2, 3});
    }
    Files.write(RandomTree.child(source, new byte[] {'r', (byte) 0xff, 'w'}), new byte[] {1});
    // The slash between the two names completes an end tag.
    Path folder = RandomTree.child(source, "<".getBytes(StandardCharsets.UTF_8));
    Files.createDirectory(folder);
    Files.write(folder.resolve("script><script>x=1"), new byte[] {1});
    assertThat(backUp(".", "missing <script>x=2</script>")).isEqualTo(23);
    browser.open(report);
    assertThat(browser.complaints()).isEmpty();
    assertThat(count("script, img, b:not(.tile b):not(figcaption b), i, [onclick], [onerror]"))
        .isZero();
    assertThat(browser.evaluate("document.title").asText()).startsWith("Backup incomplete: /");
    String all = browser.evaluate("document.body.textContent").asText();
    assertThat(all)
        .contains("<script>document.title='x'<")
        .contains("<img src=x onerror=alert(1)>")
        .contains("\"><b>bold<!--")
        .contains("' onclick='x' ")
        .contains("&lt;i&gt;&amp;")
        .contains("  two  blanks  ")
        .contains("new\\nline\\ttab\\x07")
        .contains("gpj.\\u202eexe")
        .contains("\u05e9\u05dc\u05d5\u05dd - 12")
        .contains("r\\xffw")
        .contains("</script><script>x=1")
        .contains("missing <script>x=2</script>");
    // Blanks are visible, and a name in Hebrew does not change the order of the text beside it.
    assertThat(browser.evaluate("getComputedStyle(document.querySelector('td .name')).whiteSpace"))
        .asString()
        .contains("pre-wrap");
    assertThat(browser.evaluate("getComputedStyle(document.querySelector('td .name')).unicodeBidi"))
        .asString()
        .contains("isolate");
    browser.resize(400, 800);
    assertReadable("400 pixels");
  }

  @Thorough
  @Test
  void aRunThatFindsNothingToDo_hasAPage() throws Exception {
    RandomTree.write(source.resolve("f"), "content");
    assertThat(backUp(".")).isZero();
    assertThat(backUp(".")).isZero();
    browser.open(report);
    assertThat(text("h1")).isEqualTo("Backup complete");
    assertThat(text("main")).contains("unchanged").doesNotContain("Slowest").doesNotContain("Fail");
    assertThat(count("figure")).isEqualTo(1);
    assertReadable("wide");
  }
}
