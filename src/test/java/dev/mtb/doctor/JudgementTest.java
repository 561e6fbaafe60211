package dev.mtb.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.doctor.Finding.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Findings that follow from measured figures. */
class JudgementTest {
  private static Finding roundTrip(int threads, boolean isStraight, long... milliseconds) {
    Findings found = new Findings("round trip", "1 s");
    ServerChecks.judge(
        new ArrayList<>(LongStream.of(milliseconds).mapToObj(Duration::ofMillis).toList()),
        threads,
        isStraight,
        found);
    return found.list.get(0);
  }

  @Test
  void roundTrip_isTheMedian_andSaysWhatItMeans() {
    Finding near = roundTrip(32, true, 900, 20, 21, 19, 22);
    assertThat(near.status()).isEqualTo(Status.OK);
    assertThat(near.text())
        .isEqualTo(
            "21 ms (median of 5, 19 ms to 900 ms): 10,000 new small files take about 13 s with up"
                + " to 32 threads");
    Finding mount = roundTrip(32, false, 50);
    assertThat(mount.status()).isEqualTo(Status.OK);
    assertThat(mount.text()).contains("15 min through the mount");
  }

  @Test
  void farServer_getsMoreThreads_orAnotherWay() {
    assertThat(roundTrip(32, true, 150).remedy())
        .hasValue("more requests at a time make up for the distance: --threads 128");
    assertThat(roundTrip(128, true, 150).status()).isEqualTo(Status.OK);
    assertThat(roundTrip(32, true, 5_000).remedy().orElseThrow()).endsWith("--threads 256");
    assertThat(roundTrip(32, false, 150).remedy().orElseThrow()).contains("straight to the bucket");
  }

  @Test
  void openFiles_areReadFromTheKernelsTable() {
    String limits =
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             63432                63432                processes
        Max open files            1024                 524288               files
        """;
    assertThat(MachineChecks.parseLimit(limits)).hasValue(1024L);
    assertThat(MachineChecks.parseLimit("Max open files            unlimited            unlimited"))
        .hasValue(Long.MAX_VALUE);
    assertThat(MachineChecks.parseLimit("nonsense")).isEmpty();
  }

  @Test
  void messages_areSplitIntoFindingAndRemedy() {
    Findings found = new Findings("x", "1 s");
    found.addMessage(Status.FAIL, "it is broken; mend it; now", "otherwise");
    found.addMessage(Status.WARN, "bad", "otherwise");
    assertThat(found.list)
        .containsExactly(
            new Finding(Status.FAIL, "x", "it is broken", Optional.of("mend it; now")),
            new Finding(Status.WARN, "x", "bad", Optional.of("otherwise")));
  }

  @Test
  void problemWithoutRemedy_isADefect() {
    assertThatThrownBy(() -> new Finding(Status.FAIL, "x", "bad", Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void exitCode_isThatOfTheWorst() {
    Findings found = new Findings("a", "1 s");
    found.ok("good");
    found.warn("so so", "do");
    assertThat(new Checkup(found.list, List.of()).exitCode()).isZero();
    found.fail("bad", "do");
    assertThat(new Checkup(found.list, List.of()).exitCode()).isEqualTo(10);
  }

  @Test
  void taskThatTakesTooLong_isAbandoned() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                Doctor.within(
                    Duration.ofMillis(50),
                    () -> {
                      never.await();
                      return 1;
                    }))
        .isInstanceOf(TimeoutException.class);
    assertThat(Doctor.within(Duration.ofSeconds(5), () -> 7)).isEqualTo(7);
  }
}
