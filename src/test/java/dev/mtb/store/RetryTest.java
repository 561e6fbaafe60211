package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.base.Ticker;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Waiting;
import dev.mtb.place.Destinations;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryTest {
  private static final Path FILE = Path.of("d/f");
  private final IOException ioError = new FileSystemException("d/f", null, "Input/output error");

  @TempDir Path temp;
  private Store folder;
  private final List<Duration> pauses = new ArrayList<>();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicLong nanos = new AtomicLong();
  private double random = 0;

  @BeforeEach
  void open() throws IOException {
    folder =
        Destinations.open(
            temp, BackupOptions.builder().stateDirectory(temp.resolve("s")).build(), false);
  }

  private Retry retry(int retries, int threads) {
    return new Retry(
        folder,
        retries,
        threads,
        pauses::add,
        stopping::get,
        () -> random,
        new Ticker() {
          @Override
          public long read() {
            return nanos.get();
          }
        });
  }

  /** Fails so many times, then returns the number of the attempt. */
  private static Retry.Operation<Integer> failing(int times, IOException failure) {
    return attempt -> {
      if (attempt <= times) {
        throw failure;
      }
      return attempt;
    };
  }

  private static Integer look(Retry retry, Retry.Operation<Integer> operation) throws IOException {
    return retry.run(Retry.Kind.LOOK, "looking at", FILE, operation);
  }

  @Test
  void success_neverWaits() throws IOException {
    assertThat(look(retry(5, 1), failing(0, ioError))).isEqualTo(1);
    assertThat(pauses).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void transientFailure_isTriedAgain_withPausesThatDouble(int times) throws IOException {
    assertThat(look(retry(5, 1), failing(times, ioError))).isEqualTo(times + 1);
    for (int p = 0; p < times; p++) {
      assertThat(pauses.get(p)).isEqualTo(Duration.ofMillis(500L << p));
    }
    assertThat(pauses).hasSize(times);
  }

  @Test
  void jitter_addsUpToHalf() throws IOException {
    random = Math.nextDown(1.0);
    look(retry(5, 1), failing(5, ioError));
    for (int p = 0; p < 5; p++) {
      assertThat(pauses.get(p))
          .isBetween(Duration.ofMillis((750L << p) - 1), Duration.ofMillis(750L << p));
    }
  }

  @Test
  void defaultRetries_outlastAQuarterOfAMinute_andLittleMore() {
    assertThatThrownBy(() -> look(retry(Waiting.DEFAULT_RETRIES, 1), failing(99, ioError)))
        .isInstanceOf(FailedException.class)
        .hasMessageStartingWith("Input/output error; ")
        .hasMessageEndingWith("(tried 6 times)")
        .hasCause(ioError);
    assertThat(pauses.stream().reduce(Duration.ZERO, Duration::plus))
        .isEqualTo(Duration.ofMillis(15_500));
  }

  @Test
  void pauses_neverGrowBeyondAMinute_norOverflow() {
    // Ends after too many failures in a row, or after these retries.
    assertThatThrownBy(() -> look(retry(99, 1000), failing(999, ioError)))
        .isInstanceOf(FailedException.class);
    assertThat(pauses).hasSize(99).allMatch(p -> p.compareTo(Duration.ofMinutes(1)) <= 0);
    assertThat(pauses.get(98)).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void failureThatStays_isNotTriedAgain() {
    for (IOException failure :
        List.of(
            new AccessDeniedException("d/f"),
            new IOException("No space left on device"),
            new RefusedException("no"))) {
      assertThatThrownBy(() -> look(retry(5, 1), failing(1, failure)))
          .isInstanceOf(FailedException.class)
          .hasCause(failure)
          .message()
          .doesNotContain("tried");
    }
    assertThat(pauses).isEmpty();
  }

  @Test
  void failureWithAnotherCauseThanTheDestination_isThrownUnchanged() {
    ElsewhereException source =
        new ElsewhereException("source", null) {
          private static final long serialVersionUID = 1;
        };
    DestinationException lost = new DestinationException("lost");
    FailedException inner = new FailedException("inner", ioError);
    for (IOException failure : List.of(source, lost, inner)) {
      assertThatThrownBy(() -> look(retry(5, 1), failing(1, failure))).isSameAs(failure);
    }
    assertThat(pauses).isEmpty();
  }

  @Test
  void noRetries_failAtOnce() {
    assertThatThrownBy(() -> look(retry(0, 1), failing(1, ioError)))
        .isInstanceOf(FailedException.class);
    assertThat(pauses).isEmpty();
  }

  @Test
  void destinationThatIsGone_isLostAtTheFirstFailure() throws IOException {
    Path gone = temp.resolve("gone");
    folder =
        Destinations.open(
            gone, BackupOptions.builder().stateDirectory(temp.resolve("s")).build(), false);
    Files.delete(gone);
    assertThatThrownBy(() -> look(retry(5, 1), failing(1, ioError)))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("is gone");
    assertThat(pauses).isEmpty();
  }

  @Test
  void inAStoppingRun_noRetryIsMade() {
    stopping.set(true);
    assertThatThrownBy(() -> look(retry(5, 1), failing(1, ioError)))
        .isInstanceOf(FailedException.class);
    assertThat(pauses).isEmpty();
  }

  @Test
  void runThatIsStoppedDuringAPause_triesNoMore() {
    AtomicInteger attempts = new AtomicInteger();
    Retry retry =
        new Retry(
            folder,
            5,
            1,
            pause -> stopping.set(true),
            stopping::get,
            () -> 0,
            Ticker.systemTicker());
    assertThatThrownBy(
            () ->
                look(
                    retry,
                    attempt -> {
                      attempts.incrementAndGet();
                      throw ioError;
                    }))
        .isInstanceOf(FailedException.class);
    assertThat(attempts).hasValue(1);
  }

  @Test
  void manyFailuresInARow_endTheRun() throws IOException {
    // Each of 20 threads has failed six times, twice.
    Retry retry = retry(5, 20);
    for (int operation = 0; operation < 39; operation++) {
      assertThat(change(retry, ioError)).isInstanceOf(FailedException.class);
    }
    int paused = pauses.size();
    assertThat(change(retry, ioError))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("the last 240 attempts to write there have all failed")
        .hasMessageContaining("Input/output error");
    assertThat(pauses).hasSize(paused + 5);
  }

  private static IOException change(Retry retry, IOException failure) {
    return catchThrowableOfType(
        IOException.class,
        () -> retry.run(Retry.Kind.CHANGE, "copying", FILE, failing(99, failure)));
  }

  @Test
  void fullDisk_endsTheRun_thoughLookingSucceeds() throws IOException {
    Retry retry = retry(0, 1);
    IOException full = new IOException("No space left on device");
    for (int file = 1; file < Retry.LEAST_IN_A_ROW; file++) {
      assertThat(change(retry, full)).isInstanceOf(FailedException.class);
      look(retry, failing(0, ioError));
    }
    assertThat(change(retry, full)).isInstanceOf(DestinationException.class);
  }

  @Test
  void oneSuccess_startsTheCountAnew() throws IOException {
    Retry retry = retry(0, 1);
    for (int round = 0; round < 3; round++) {
      for (int file = 1; file < Retry.LEAST_IN_A_ROW; file++) {
        assertThat(change(retry, ioError)).isInstanceOf(FailedException.class);
      }
      retry.run(Retry.Kind.CHANGE, "copying", FILE, failing(0, ioError));
    }
  }

  @Test
  void filesThatFailForReasonsOfTheirOwn_neverEndTheRun() {
    Retry retry = retry(5, 1);
    for (int file = 0; file < 5 * Retry.LEAST_IN_A_ROW; file++) {
      assertThat(change(retry, new AccessDeniedException("d/f")))
          .isInstanceOf(FailedException.class);
    }
  }

  @Test
  void failure_isRememberedForAsLongAsS3fsRemembers() {
    Retry retry = retry(0, 1);
    assertThat(retry.hadTrouble()).isFalse();
    nanos.set(Duration.ofHours(5).toNanos());
    assertThat(change(retry, new AccessDeniedException("d/f"))).isNotNull();
    assertThat(retry.hadTrouble()).isFalse();
    assertThat(change(retry, ioError)).isNotNull();
    nanos.addAndGet(Duration.ofMinutes(14).toNanos());
    assertThat(retry.hadTrouble()).isTrue();
    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    assertThat(retry.hadTrouble()).isFalse();
  }

  /** s3fs retries each request itself, so that one attempt through a mount takes a minute. */
  @Test
  void triesThatTakeLong_endAtTheDeadline() {
    AtomicInteger tries = new AtomicInteger();
    assertThatThrownBy(
            () ->
                look(
                    retry(Waiting.DEFAULT_RETRIES, 1),
                    attempt -> {
                      tries.incrementAndGet();
                      nanos.addAndGet(Duration.ofSeconds(50).toNanos());
                      throw ioError;
                    }))
        .isInstanceOf(FailedException.class)
        .hasMessageEndingWith("(tried 3 times)");
    assertThat(tries.get()).isEqualTo(3);
  }

  @Test
  void pausesThatTheUserAsksFor_areNotCutShort() throws IOException {
    Retry.Operation<Integer> operation =
        attempt -> {
          nanos.addAndGet(pauses.isEmpty() ? 0 : pauses.get(pauses.size() - 1).toNanos());
          return failing(20, ioError).run(attempt);
        };
    assertThat(look(retry(20, 1), operation)).isEqualTo(21);
  }
}
