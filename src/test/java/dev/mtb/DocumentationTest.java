package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The links in README and in the pages of the site lead to existing files. External links are not
 * checked.
 */
class DocumentationTest {
  private static final Path PAGES = Path.of("src/site/markdown");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern SCHEME = Pattern.compile("[a-z]+:.*");
  private static final Pattern FENCE = Pattern.compile("(?ms)^ *```.*?^ *```$");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.*)$");

  /** Files of the repository that the pom copies to the site. */
  private static final Pattern ON_THE_SITE =
      Pattern.compile(
          "[^/]+\\.md|\\.\\./resources/.*|\\.\\./\\.\\./main/(scripts|docker)/.*"
              + "|\\.\\./\\.\\./test/scripts/.*");

  private static List<Path> pages(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }

  private static String withoutCode(Path page) throws IOException {
    return FENCE.matcher(Files.readString(page)).replaceAll("").replaceAll("`[^`\\n]*`(?!\\])", "");
  }

  /** The anchors of a page's headings, as GitHub and the site make them. */
  private static Set<String> anchors(Path page) throws IOException {
    return found(HEADING, FENCE.matcher(Files.readString(page)).replaceAll("")).stream()
        .map(heading -> heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", ""))
        .map(heading -> heading.strip().replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  private static List<String> brokenLinks(Path page) throws IOException {
    List<String> broken = new ArrayList<>();
    for (String link : found(LINK, withoutCode(page))) {
      if (SCHEME.matcher(link).matches()) {
        continue;
      }
      int hash = link.indexOf('#');
      String file = hash < 0 ? link : link.substring(0, hash);
      Path target = file.isEmpty() ? page : page.resolveSibling(file).normalize();
      boolean isThere = Files.exists(target);
      if (!isThere || (hash >= 0 && !anchors(target).contains(link.substring(hash + 1)))) {
        broken.add(page + ": " + link);
      }
    }
    return broken;
  }

  @Test
  void links_leadToFilesAndHeadingsThatAreThere() throws Exception {
    List<Path> all = new ArrayList<>(List.of(Path.of("README.md")));
    for (String folder :
        List.of("src/site/markdown", ".github", "benchmarks", "benchmarks/results")) {
      all.addAll(pages(Path.of(folder)));
    }
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : all) {
      broken.addAll(brokenLinks(page));
      links += found(LINK, withoutCode(page)).size();
    }
    assertThat(broken).isEmpty();
    assertThat(links).as("links that were looked at").isGreaterThan(50);
  }

  @Test
  void pagesOfTheSite_linkToNothingThatTheSiteLacks() throws Exception {
    for (Path page : pages(PAGES)) {
      assertThat(found(LINK, withoutCode(page)))
          .as(page.toString())
          .allMatch(link -> SCHEME.matcher(link).matches() || isOnTheSite(link));
    }
  }

  private static boolean isOnTheSite(String link) {
    return link.startsWith("#") || ON_THE_SITE.matcher(link.replaceAll("#.*", "")).matches();
  }

  /** Longer texts belong to a page of the site. */
  @Test
  void readme_isShort() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    String text = readme.substring(0, readme.indexOf("\n## Measured"));
    assertThat(text.split("\\s+")).hasSizeLessThanOrEqualTo(900);
  }

  @Test
  void menuOfTheSite_hasEachPage() throws Exception {
    Set<String> there = new TreeSet<>(Set.of("options", "contributing", "security"));
    for (Path page : pages(PAGES)) {
      there.add(page.getFileName().toString().replace(".md", ""));
    }
    Set<String> inTheMenu =
        Pattern.compile("href=\"([a-z0-9-]+)\\.html\"")
            .matcher(Files.readString(Path.of("src/site/site.xml")))
            .results()
            .map((MatchResult match) -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(inTheMenu).isEqualTo(there);
  }
}
