package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

public class TemporaryNamesTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @Test
  void next_isTemporaryShortAndDifferentEachTime() {
    Set<String> names = ConcurrentHashMap.newKeySet();

    IntStream.range(0, 10_000)
        .parallel()
        .forEach(i -> assertThat(names.add(TemporaryNames.next())).isTrue());

    assertThat(names).allMatch(name -> TemporaryNames.isTemporary(Path.of(name)));
    assertThat(names).allMatch(name -> name.length() < 100);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "",
        ".mtb-tmp",
        ".mtb-tmp.",
        ".mtb-tmp.x",
        ".mtb-tmp.01234567-1-2",
        ".mtb-tmp.0123456-1-2.3",
        ".mtb-tmp.01234567-1-2.3.bak",
        "x.mtb-tmp.01234567-1-2.3",
        ".mtb-tmp.0123456G-1-2.3",
        ".mtb-tmp.01234567-12345678901-2.3"
      })
  void namesOfOthers_areNotTemporary(String name) throws IOException {
    assertThat(TemporaryNames.isTemporary(Path.of(name))).isFalse();
    assertThat(TemporaryNames.isAbandoned(Path.of(name), () -> Instant.EPOCH, NOW)).isFalse();
  }

  @Test
  void own_isNotAbandoned_howeverOld() throws IOException {
    assertThat(isAbandoned(TemporaryNames.next(), Instant.EPOCH)).isFalse();
  }

  @Test
  void ofADeadProcess_isAbandoned_withoutALookAtTheFile() throws IOException {
    String name = withProcess("2147483647", "1");

    assertThat(
            TemporaryNames.isAbandoned(
                Path.of(name),
                () -> {
                  throw new IOException("asked");
                },
                NOW))
        .isTrue();
  }

  @Test
  void ofAnEarlierProcess_withTheSameNumber_isAbandoned() throws IOException {
    String pid = Long.toString(ProcessHandle.current().pid());

    assertThat(isAbandoned(withProcess(pid, "1"), NOW)).isTrue();
  }

  @Test
  void ofALivingOtherProcess_isNotAbandoned() throws IOException {
    ProcessHandle parent = ProcessHandle.current().parent().orElse(ProcessHandle.current());
    long started = TemporaryNames.started(parent);
    String name = withProcess(Long.toString(parent.pid()), Long.toHexString(started));

    assertThat(isAbandoned(name, Instant.EPOCH)).isFalse();
  }

  @Test
  void ofAnotherMachine_isAbandonedAfterADay() throws IOException {
    String own = TemporaryNames.next();
    char first = own.charAt(".mtb-tmp.".length());
    String foreign =
        ".mtb-tmp." + (first == '0' ? '1' : '0') + own.substring(".mtb-tmp.".length() + 1);

    assertThat(TemporaryNames.isTemporary(Path.of(foreign))).isTrue();
    assertThat(isAbandoned(foreign, NOW)).isFalse();
    assertThat(isAbandoned(foreign, NOW.minus(Duration.ofDays(1)))).isFalse();
    assertThat(isAbandoned(foreign, NOW.minus(Duration.ofDays(1)).minusNanos(1))).isTrue();
    assertThatThrownBy(
            () ->
                TemporaryNames.isAbandoned(
                    Path.of(foreign),
                    () -> {
                      throw new IOException("gone");
                    },
                    NOW))
        .hasMessage("gone");
  }

  /** The name that another process of this machine would use. */
  public static String withProcess(String pid, String started) {
    String own = TemporaryNames.next();
    String host = own.substring(0, own.indexOf('-', ".mtb-tmp.".length()));
    return host + "-" + pid + "-" + started + ".1";
  }

  private static boolean isAbandoned(String name, Instant mtime) throws IOException {
    return TemporaryNames.isAbandoned(Path.of(name), () -> mtime, NOW);
  }
}
