package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.mtb.job.Activity;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.testing.RandomTree;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a listener is told, in which order, and by which thread. */
class ListenerTest {
  /** Records the events of each thread, and checks that each activity ends. */
  private static final class EventLog implements BackupListener {
    private final Map<Thread, List<String>> told = new ConcurrentHashMap<>();
    private final Map<Thread, Deque<Activity>> busy = new ConcurrentHashMap<>();
    private final AtomicBoolean hasBegun = new AtomicBoolean();
    private volatile Supplier<Totals> totals;
    private volatile String wrong;

    private void tell(String event) {
      if (!hasBegun.get()) {
        wrong = event + " before the beginning";
      }
      told.computeIfAbsent(Thread.currentThread(), t -> new ArrayList<>()).add(event);
    }

    private Deque<Activity> stack() {
      return busy.computeIfAbsent(Thread.currentThread(), t -> new ArrayDeque<>());
    }

    @Override
    public void begun(Supplier<Totals> counts) {
      totals = counts;
      if (hasBegun.getAndSet(true)) {
        wrong = "begun twice";
      }
    }

    @Override
    public void busy(Activity activity, Path path) {
      stack().push(activity);
      tell(activity + " " + path);
    }

    @Override
    public void idle() {
      if (stack().poll() == null) {
        wrong = "idle without being busy";
      }
    }

    @Override
    public void copying(Path path, Metadata source, Action action) {
      tell("begins " + path);
    }

    @Override
    public void copied(Path path, Metadata source) {
      if (!Activity.COPYING.equals(stack().peek())) {
        wrong = path + " was copied by a thread that is not copying";
      }
      tell("copied " + path);
    }

    @Override
    public void skipped(Path path, String why) {
      tell("skipped " + path);
    }

    List<String> all() {
      return told.values().stream().flatMap(List::stream).toList();
    }

    /** All events of the thread that has reported an event. */
    List<String> with(String event) {
      return told.values().stream().filter(l -> l.contains(event)).findFirst().orElseThrow();
    }
  }

  @TempDir Path temp;
  private Path source;
  private final EventLog eventLog = new EventLog();

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    RandomTree.write(source.resolve("sub/a"), "aaa");
    RandomTree.write(source.resolve("sub/b"), "bb");
  }

  private BackupJob job(BackupOptions options) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(temp.resolve("backup"))
        .options(options)
        .build();
  }

  @Test
  void eachThread_tellsWhatItDoes_andEndsIt() throws Exception {
    new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor();
    BackupReport report = Mtb.backup(job(BackupOptions.builder().build()), eventLog);
    assertThat(report.failures()).isEmpty();
    assertThat(eventLog.wrong).isNull();
    assertThat(eventLog.busy.values()).allMatch(Deque::isEmpty);
    assertThat(eventLog.all()).contains("listing ", "listing sub", "finishing sub", "skipped pipe");
    assertThat(eventLog.with("copied sub/a"))
        .containsSubsequence("begins sub/a", "copying sub/a", "copied sub/a");
    assertThat(eventLog.totals.get()).isEqualTo(report.totals());
    assertThat(eventLog.totals.get().copied()).isEqualTo(2);
  }

  @Test
  void dryRunAndVerify_copyNothing_andSaySo() {
    BackupJob dryRun = job(BackupOptions.builder().dryRun(true).build());
    assertThat(Mtb.backup(dryRun, eventLog).totals().copied()).isEqualTo(2);
    assertThat(eventLog.all()).contains("listing sub").noneMatch(e -> e.matches("(begins|cop).*"));

    BackupJob job = job(BackupOptions.builder().build());
    assertThat(Mtb.backup(job, BackupListener.NONE).failures()).isEmpty();
    EventLog verifying = new EventLog();
    assertThat(Mtb.verify(job, verifying).totals().unchanged()).isEqualTo(2);
    assertThat(verifying.wrong).isNull();
    assertThat(verifying.busy.values()).allMatch(Deque::isEmpty);
    assertThat(verifying.all())
        .contains("comparing sub/a")
        .noneMatch(e -> e.matches("(begins|cop).*"));
  }

  @Test
  void threadThatWaitsForRoom_reportsIt() throws Exception {
    RandomTree.smallFiles(source, 1, 300, 1);
    CountDownLatch waits = new CountDownLatch(1);
    BackupListener slow =
        new BackupListener() {
          @Override
          public void busy(Activity activity, Path path) {
            if (activity == Activity.WAITING) {
              waits.countDown();
            }
          }

          @Override
          public void copying(Path path, Metadata from, Action action) {
            Uninterruptibles.awaitUninterruptibly(waits);
          }
        };
    BackupReport report = Mtb.backup(job(BackupOptions.builder().threads(1).build()), slow);
    assertThat(report.totals().copied()).isEqualTo(302);
  }

  @Test
  void whatFails_endsToo() throws Exception {
    Path destination = temp.resolve("backup");
    // A directory that is not empty stands in the place of a file.
    RandomTree.write(destination.resolve("sub/a/in/the/way"), "x");
    RandomTree.write(source.resolve("unreadable/x"), "x");
    BackupReport report = Mtb.backup(job(BackupOptions.builder().build()), eventLog);
    assertThat(eventLog.wrong).isNull();
    assertThat(eventLog.busy.values()).allMatch(Deque::isEmpty);
    assertThat(eventLog.totals.get()).isEqualTo(report.totals());
  }

  @Test
  void listenerThatThrows_harmsNothing() throws Exception {
    BackupListener broken =
        new BackupListener() {
          @Override
          public void begun(Supplier<Totals> totals) {
            throw new IllegalStateException();
          }

          @Override
          public void busy(Activity activity, Path path) {
            throw new IllegalStateException();
          }

          @Override
          public void idle() {
            throw new IllegalStateException();
          }

          @Override
          public void copying(Path path, Metadata source, Action action) {
            throw new IllegalStateException();
          }

          @Override
          public void skipped(Path path, String why) {
            throw new IllegalStateException();
          }
        };
    new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor();
    BackupReport report = Mtb.backup(job(BackupOptions.builder().build()), broken);
    assertThat(report.outcome()).isEqualTo(BackupReport.Outcome.OK);
    assertThat(temp.resolve("backup/sub/a")).hasContent("aaa");
  }
}
