package dev.mtb.cli.watch;

import dev.mtb.cli.text.Text;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Answers SIGUSR1: prints on standard error how far the run is and what each thread does.
 * Thread-safe.
 */
public final class Snapshot implements AutoCloseable {
  /** The run of this process, since a signal is sent to a process. */
  private static final AtomicReference<Optional<Snapshot>> CURRENT =
      new AtomicReference<>(Optional.empty());

  private final Watch watch;
  private final PrintStream err;
  private Duration lastElapsed = Duration.ZERO;
  private long lastWritten;

  public Snapshot(Watch watch, PrintStream err) {
    this.watch = watch;
    this.err = err;
  }

  /**
   * Begins to answer. Called before there is a run: a signal without a handler ends the process.
   */
  public static void answerSignals() {
    try {
      // By reflection: for the name alone javac gives a warning that cannot be suppressed.
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object answer =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, args) -> {
                return switch (method.getName()) {
                  case "handle" -> {
                    printCurrent();
                    yield null;
                  }
                  case "equals" -> proxy == args[0];
                  case "hashCode" -> System.identityHashCode(proxy);
                  default -> "SIGUSR1";
                };
              });
      Object usr1 = signal.getConstructor(String.class).newInstance("USR1");
      Object unused = signal.getMethod("handle", signal, handler).invoke(null, usr1, answer);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      // This JVM or system has no such signal.
      return;
    }
  }

  private static void printCurrent() {
    CURRENT
        .get()
        .ifPresentOrElse(
            Snapshot::print, () -> System.err.println("mtb: no run is under way at the moment"));
  }

  /** From now on signals are answered for this run. */
  public void begin() {
    CURRENT.set(Optional.of(this));
  }

  @Override
  public void close() {
    CURRENT.updateAndGet(now -> now.equals(Optional.of(this)) ? Optional.empty() : now);
  }

  private synchronized void print() {
    lines().forEach(err::println);
    err.flush();
  }

  /** The lines for now, from the second time on with the rate since the last time. */
  synchronized List<String> lines() {
    Totals totals = watch.totals();
    List<Watch.ThreadActivity> activities = watch.activities();
    Duration elapsed = watch.elapsed();
    long written = watch.written();
    long done = Watch.done(totals);
    String since =
        lastElapsed.isZero()
            ? ""
            : String.format(
                ", and %s since the snapshot before",
                Format.rate(written - lastWritten, elapsed.minus(lastElapsed)));
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            "mtb: after %s: %s of %s done (%s unchanged, %s copied, %s skipped, %s failed), %s in"
                + " the queue or under way",
            Format.duration(elapsed.truncatedTo(ChronoUnit.SECONDS)),
            done,
            Text.files(totals.scanned()),
            totals.unchanged(),
            totals.copied(),
            totals.skipped(),
            totals.failed(),
            totals.scanned() - done));
    lines.add(
        String.format(
            "mtb: %s of %s written, %s on average%s",
            Format.size(written),
            Format.size(watch.planned()),
            Format.rate(written, elapsed),
            since));
    for (Watch.ThreadActivity activity : activities) {
      lines.add(
          String.format(
              "mtb: %s for %s: %s",
              activity.activity(),
              Format.duration(activity.since().truncatedTo(ChronoUnit.SECONDS)),
              Text.path(activity.path())));
    }
    if (activities.isEmpty()) {
      lines.add("mtb: no thread is at work");
    }
    lastElapsed = elapsed;
    lastWritten = written;
    return lines;
  }
}
