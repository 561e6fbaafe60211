package dev.mtb.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Fixed examples of patterns; FilterRsyncTest compares random ones with rsync. A path with a slash
 * at its end is a directory.
 */
class PathPatternTest {
  @ParameterizedTest
  @CsvSource({
    // The examples of rsync(1), PATTERN MATCHING RULES.
    "foo,            foo,              true",
    "foo,            a/foo,            true",
    "foo,            foo/a,            false",
    "foo/bar,        foo/bar,          true",
    "foo/bar,        x/foo/bar,        true",
    "foo/bar,        xfoo/bar,         false",
    "/foo,           foo,              true",
    "/foo,           foo/,             true",
    "/foo,           a/foo,            false",
    "/foo/bar,       foo/bar,          true",
    "/foo/bar,       x/foo/bar,        false",
    "foo/,           foo/,             true",
    "foo/,           a/foo/,           true",
    "foo/,           foo,              false",
    "*.o,            a.o,              true",
    "*.o,            x/y/a.o,          true",
    "*.o,            a.oo,             false",
    "foo/*/bar,      foo/a/bar,        true",
    "foo/*/bar,      x/foo/a/bar,      true",
    "foo/*/bar,      foo/bar,          false",
    "foo/*/bar,      foo/a/b/bar,      false",
    "/foo/**/bar,    foo/a/bar,        true",
    "/foo/**/bar,    foo/a/b/bar,      true",
    "/foo/**/bar,    foo/bar,          false",
    "*/,             a/b/,             true",
    "*/,             a/b,              false",
    // Stars.
    "/foo/*,         foo/a,            true",
    "/foo/*,         foo/a/b,          false",
    "/foo/**,        foo/a/b,          true",
    "/foo/**,        foo/,             false",
    "foo/**,         x/foo/a/b,        true",
    "**/foo,         foo,              true",
    "**/foo,         a/b/foo,          true",
    "**foo,          a/xfoo,           true",
    "a**b,           a/x/b,            true",
    "a**b,           z/a/x/b,          true",
    "dir/***,        dir/,             true",
    "dir/***,        dir,              false",
    "dir/***,        dir/a/b,          true",
    "/dir/***,       x/dir/,           false",
    "***,            a/b,              true",
    "*,              .hidden,          true",
    // One byte.
    "a?c,            abc,              true",
    "a?c,            ac,               false",
    "/a?c,           a/c,              false",
    // Sets.
    "[a-c]x,         bx,               true",
    "[a-c]x,         dx,               false",
    "[!a-c]x,        dx,               true",
    "[^a-c]x,        bx,               false",
    "[]x],           ],                true",
    "[x-],           -,                true",
    "[[:alpha:]],    Q,                true",
    "[[:alpha:]],    1,                false",
    "[[:digit:]_]x,  _x,               true",
    "[[:nosuch:]],   n,                false",
    "/a[!b]c,        a/c,              false",
    "[a,             [a,               false",
    // The backslash means something only beside a wildcard.
    "a\\*,           a*,               true",
    "a\\*,           ab,               false",
    "foo\\bar,       foo\\bar,         true",
    "foo\\bar*,      foobarx,          true",
    "foo\\\\bar*,    foo\\barx,        true",
    "[\\]]x,         ]x,               true",
    "a*\\,           a\\,              false"
  })
  void pattern_matchesAsForRsync(String pattern, String path, boolean expected) {
    boolean isDirectory = path.endsWith("/");
    String bare = isDirectory ? path.substring(0, path.length() - 1) : path;

    boolean matches =
        new PathPattern(pattern).matches(bare.getBytes(StandardCharsets.UTF_8), isDirectory);

    assertThat(matches).isEqualTo(expected);
  }

  @Test
  void questionMark_isOneByte_asForRsync() {
    byte[] twoBytes = "ä".getBytes(StandardCharsets.UTF_8);
    assertThat(new PathPattern("?").matches(twoBytes, false)).isFalse();
    assertThat(new PathPattern("??").matches(twoBytes, false)).isTrue();
  }

  @Test
  void namesThatAreNotUtf8_areMatchedByTheirBytes() {
    byte[] latin = {'a', (byte) 0xe9};
    assertThat(new PathPattern("a\udce9").matches(latin, false)).isTrue();
    assertThat(new PathPattern("a*").matches(latin, false)).isTrue();
    assertThat(new PathPattern("a\udce8").matches(latin, false)).isFalse();
  }

  @Test
  @Timeout(10)
  void manyStars_areMatchedQuickly() {
    PathPattern pattern = new PathPattern("a*".repeat(40) + "b");
    byte[] path = "a".repeat(4000).getBytes(StandardCharsets.UTF_8);

    long start = System.nanoTime();
    assertThat(pattern.matches(path, false)).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
  }
}
