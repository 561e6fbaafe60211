package dev.mtb.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.doctor.Finding.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is made of figures. */
class JudgementTest {
  private static Finding roundTrip(int threads, boolean isStraight, long... milliseconds) {
    return new RoundTripCheck()
        .judge(
            new ArrayList<>(LongStream.of(milliseconds).mapToObj(Duration::ofMillis).toList()),
            threads,
            isStraight);
  }

  @Test
  void roundTrip_isTheMedian_andSaysWhatItMeans() {
    Finding near = roundTrip(32, true, 900, 20, 21, 19, 22);
    assertThat(near.status()).isEqualTo(Status.OK);
    assertThat(near.text())
        .isEqualTo(
            "21 ms (median of 5, 19 ms to 900 ms): 10,000 new small files take about 13 s with 32"
                + " threads");
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
    assertThat(OpenFilesCheck.parse(limits)).hasValue(1024L);
    assertThat(OpenFilesCheck.parse("Max open files            unlimited            unlimited"))
        .hasValue(Long.MAX_VALUE);
    assertThat(OpenFilesCheck.parse("nonsense")).isEmpty();
  }

  @Test
  void messages_areSplitIntoFindingAndRemedy() {
    Finding finding = Finding.of(Status.FAIL, "x", "it is broken; mend it; now", "otherwise");
    assertThat(finding.text()).isEqualTo("it is broken");
    assertThat(finding.remedy()).hasValue("mend it; now");
    assertThat(Finding.of(Status.WARN, "x", "bad", "otherwise").remedy()).hasValue("otherwise");
  }

  @Test
  void troubleWithoutRemedy_isADefect() {
    assertThatThrownBy(() -> new Finding(Status.FAIL, "x", "bad", java.util.Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void exitCode_isThatOfTheWorst() {
    Finding ok = Finding.ok("a", "good");
    Finding warn = Finding.warn("b", "so so", "do");
    assertThat(new Checkup(List.of(ok, warn), List.of()).exitCode()).isZero();
    assertThat(new Checkup(List.of(ok, Finding.fail("c", "bad", "do")), List.of()).exitCode())
        .isEqualTo(10);
  }

  @Test
  void patience_ends() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                Deadline.within(
                    Duration.ofMillis(50),
                    () -> {
                      never.await();
                      return 1;
                    }))
        .isInstanceOf(TimeoutException.class);
    assertThat(Deadline.within(Duration.ofSeconds(5), () -> 7)).isEqualTo(7);
  }
}
