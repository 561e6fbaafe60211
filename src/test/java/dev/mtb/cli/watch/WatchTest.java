package dev.mtb.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is known of a run while it goes on, and what is printed of it, by a clock of our own. */
class WatchTest {
  private static final long MB = 1_000_000;

  /** Scanned 50: 20 unchanged, 5 copied, 1 skipped; of 3 failures one was never found. */
  private static final Totals TOTALS = new Totals(50, 20, 5, 0, 1, 3, 0, 9 * MB, 2 * MB);

  private final AtomicLong nanos = new AtomicLong(7);
  private final Watch watch =
      new Watch(
          new com.google.common.base.Ticker() {
            @Override
            public long read() {
              return nanos.get();
            }
          });
  private final CountDownLatch over = new CountDownLatch(1);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @AfterEach
  void letThreadsGo() {
    over.countDown();
  }

  /** A thread of that name that begins something and does not end. */
  private void busy(String thread, Activity activity, String path) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    Thread worker =
        new Thread(
            () -> {
              watch.busy(activity, Path.of(path));
              begun.countDown();
              try {
                over.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            thread);
    worker.setDaemon(true);
    worker.start();
    begun.await();
  }

  @Test
  void threads_areToldWithWhatTheyDo_theLongestFirst() throws Exception {
    busy("one", Activity.COPYING, "a");
    pass(Duration.ofSeconds(5));
    busy("two", Activity.LISTING, "sub");
    pass(Duration.ofSeconds(2));

    assertThat(watch.activities())
        .containsExactly(
            new Watch.ThreadActivity("one", Activity.COPYING, Path.of("a"), Duration.ofSeconds(7)),
            new Watch.ThreadActivity(
                "two", Activity.LISTING, Path.of("sub"), Duration.ofSeconds(2)));
  }

  @Test
  void whatWasBegunBefore_goesOnWhenTheInnerIsDone() {
    String thread = Thread.currentThread().getName();
    watch.busy(Activity.LISTING, Path.of("outer"));
    pass(Duration.ofSeconds(1));
    watch.busy(Activity.WAITING, Path.of("inner"));
    pass(Duration.ofSeconds(1));
    assertThat(watch.activities())
        .containsExactly(
            new Watch.ThreadActivity(
                thread, Activity.WAITING, Path.of("inner"), Duration.ofSeconds(1)));
    watch.idle();
    assertThat(watch.activities())
        .containsExactly(
            new Watch.ThreadActivity(
                thread, Activity.LISTING, Path.of("outer"), Duration.ofSeconds(2)));
    watch.idle();
    assertThat(watch.activities()).isEmpty();
    watch.idle();
    assertThat(watch.activities()).isEmpty();
  }

  private void plan(long bytes, Action action, Kind kind) {
    watch.decided(Path.of("x"), Metadata.known(kind, bytes), action, Reason.NEW);
  }

  @Test
  void snapshot_tellsCountsRateQueueAndThreads() throws Exception {
    watch.begun(() -> TOTALS);
    plan(30 << 20, Action.CREATE, Kind.FILE);
    plan(10 << 20, Action.REPLACE, Kind.FILE);
    plan(77 << 20, Action.UPDATE_METADATA, Kind.FILE);
    plan(77 << 20, Action.NONE, Kind.FILE);
    plan(77 << 20, Action.CREATE, Kind.LINK);
    Snapshot snapshot = new Snapshot(watch, System.err);
    busy("worker-1", Activity.COPYING, "a\u001b[31m\nmtb: b");
    watch.bytesWritten(20 * MB);
    pass(Duration.ofSeconds(10));

    assertThat(snapshot.lines())
        .containsExactly(
            "mtb: after 10 s: 29 of 50 files done (20 unchanged, 5 copied, 1 skipped, 3 failed),"
                + " 21 in the queue or under way",
            "mtb: 20.0 MB of 41.9 MB written, 2.0 MB/s on average",
            "mtb: copying for 10 s: a\\x1b[31m\\nmtb: b");

    watch.bytesWritten(1 * MB);
    pass(Duration.ofMinutes(61));
    over.countDown();
    assertThat(snapshot.lines().subList(0, 2))
        .containsExactly(
            "mtb: after 1 h 1 min: 29 of 50 files done (20 unchanged, 5 copied, 1 skipped, 3"
                + " failed), 21 in the queue or under way",
            "mtb: 21.0 MB of 41.9 MB written, 5.7 kB/s on average, and 273 B/s since the snapshot"
                + " before");
  }

  @Test
  void snapshot_beforeAnythingHasHappened() {
    assertThat(new Snapshot(watch, System.err).lines())
        .containsExactly(
            "mtb: after 0 s: 0 of 0 files done (0 unchanged, 0 copied, 0 skipped, 0 failed), 0 in"
                + " the queue or under way",
            "mtb: 0 B of 0 B written, 0 B/s on average",
            "mtb: no thread is at work");
  }

  private String printed(Duration period, int lines) throws InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (Progress unused =
        Progress.start(/* isAuto= */ true, err, watch, Optional.empty(), period)) {
      while (unused != null && bytes.toString(StandardCharsets.UTF_8).lines().count() < lines) {
        Thread.sleep(1);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void withoutATerminal_aLineFromTimeToTime_withTheRateSinceTheLast() throws Exception {
    watch.begun(() -> TOTALS);
    plan(40 << 20, Action.CREATE, Kind.FILE);
    watch.bytesWritten(12 * MB);
    pass(Duration.ofMinutes(1));
    String first =
        "mtb: after 1 min: 29 of 50 files done, 12.0 MB of 41.9 MB written, 200.0 kB/s, 3 failed";

    // The second comes when no time has passed, and nothing was written.
    assertThat(printed(Duration.ofMillis(1), 2).lines())
        .startsWith(first)
        .element(1)
        .isEqualTo(first.replace("200.0 kB/s", "0 B/s"));
    assertThat(Progress.PERIOD_OF_LINES).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void nothingIsPrinted_byARunThatIsShorter() throws Exception {
    assertThat(printed(Progress.PERIOD_OF_LINES, 0)).isEmpty();
  }

  @Test
  void threadLines_fitTheTerminal_andAreHarmless() {
    List<Watch.ThreadActivity> activities =
        List.of(
            new Watch.ThreadActivity(
                "t", Activity.COPYING, Path.of("x".repeat(200) + "/end"), Duration.ofSeconds(75)),
            new Watch.ThreadActivity(
                "t", Activity.WAITING, Path.of("waits"), Duration.ofSeconds(9)),
            new Watch.ThreadActivity(
                "t", Activity.COMPARING, Path.of("b\u001b[2J\n"), Duration.ofSeconds(3)),
            new Watch.ThreadActivity("t", Activity.LISTING, Path.of(""), Duration.ZERO));

    assertThat(ProgressLine.threads(activities, new TerminalSize(24, 100)))
        .containsExactly(
            "  copying    1 min 15 s  ..." + "x".repeat(68) + "/end",
            "  comparing         3 s  b\\x1b[2J\\n",
            "  listing           0 s  .")
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    assertThat(ProgressLine.threads(activities, new TerminalSize(4, 100)))
        .containsExactly("  copying    1 min 15 s  ..." + "x".repeat(68) + "/end", "  and 2 more");
    assertThat(ProgressLine.threads(activities, new TerminalSize(2, 100))).isEmpty();
    assertThat(ProgressLine.threads(activities, new TerminalSize(1, 100))).isEmpty();
  }

  @Test
  void sizeOfATerminal_isWhatItSays_orTheUsual() {
    assertThat(TerminalSize.parse("50 132\n")).isEqualTo(new TerminalSize(50, 132));
    // A terminal that was never told.
    assertThat(TerminalSize.parse("0 0\n")).isEqualTo(TerminalSize.USUAL);
    assertThat(TerminalSize.parse("")).isEqualTo(TerminalSize.USUAL);
  }

  @Test
  void progress_countsFiles_notOnlyBytes() {
    ProgressLine line = new ProgressLine(watch);
    watch.begun(() -> TOTALS);
    pass(Duration.ofMillis(3500));
    assertThat(line.line(100)).isEqualTo("29 of 50 files done, after 3 s");

    for (int i = 0; i < 99; i++) {
      plan(1, Action.CREATE, Kind.FILE);
    }
    plan(10 * MB, Action.REPLACE, Kind.FILE);
    plan(0, Action.CREATE, Kind.DIRECTORY);
    plan(0, Action.DELETE, Kind.FILE);
    watch.bytesWritten(10 * MB);
    watch.copied(Path.of("large"), Metadata.known(Kind.FILE, 10 * MB));
    // By bytes alone this would be all.
    assertThat(line.line(100))
        .isEqualTo(
            " 33% [============>                         ] 10.0 MB of 10.0 MB, 1 of 100 files,"
                + " 2.9 MB/s, 6 s left");
    for (int i = 0; i < 98; i++) {
      watch.copied(Path.of("small"), Metadata.known(Kind.FILE, 1));
    }
    watch.failed(new Failure(Path.of("x"), Failure.Stage.SCAN, "no", Failure.Cause.ERROR));
    assertThat(line.line(60)).startsWith(" 99% 10.0 MB of 10.0 MB, 99 of 100 files, 2.9 MB/s");
    watch.failed(new Failure(Path.of("x"), Failure.Stage.COPY, "no", Failure.Cause.ERROR));
    watch.failed(new Failure(Path.of("d"), Failure.Stage.COPY, "no", Failure.Cause.ERROR));
    // Written once more.
    watch.bytesWritten(MB);
    assertThat(line.line(100)).startsWith("100% [=====").contains("=] 11.0 MB of", ", 0 s left");
    assertThat(line.line(20)).isEqualTo("100% 11.0 MB of 10.0");
  }

  @Test
  void redirectedBar_isErasedAtTheEnd() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Progress.RedirectedBar bar =
        new Progress.RedirectedBar(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    bar.draw("long line");
    bar.draw("short");
    bar.draw("");
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("\rlong line\rshort    \r     \r");
  }

  @Test
  void nothingIsDrawn_afterTheEnd() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Progress progress =
        Progress.start(/* isAuto= */ false, err, watch, Optional.empty(), Progress.PERIOD_OF_LINES);
    progress.close();
    String drawn = bytes.toString(StandardCharsets.UTF_8);
    progress.show();
    progress.close();
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(drawn);
    assertThat(drawn).startsWith("\r0 of 0 files done").endsWith("\r");
  }
}
