package dev.mtb.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs a program and measures it with all processes it starts. Thread-safe. What is still running
 * when the benchmark ends is killed.
 */
final class Meter {
  /** What a run took. */
  record Outcome(
      double seconds, long peakBytes, int exitCode, boolean timedOut, String lastOutput) {}

  private static final long POLL_MILLIS = 25;
  private static final int LAST_OUTPUT = 2_000;

  private final Set<Process> running = ConcurrentHashMap.newKeySet();

  Meter() {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> running.forEach(Meter::kill)));
  }

  /**
   * Runs a program to its end.
   *
   * @param log takes what the program prints
   * @param limit when it is killed
   */
  Outcome run(List<String> command, Map<String, String> environment, Path log, Duration limit)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectInput(Path.of("/dev/null").toFile()).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    long start = System.nanoTime();
    Process process = builder.start();
    running.add(process);
    try {
      long peak = 0;
      boolean timedOut = false;
      // The exit wakes this thread at once, so polling makes no run longer.
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        peak = Math.max(peak, memory(process));
        if (System.nanoTime() - start > limit.toNanos()) {
          timedOut = true;
          kill(process);
          process.waitFor();
          break;
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      return new Outcome(seconds, peak, process.exitValue(), timedOut, tail(log));
    } finally {
      kill(process);
      running.remove(process);
    }
  }

  private static void kill(Process process) {
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  /** The sum of what each living process of the tree has had resident at most. */
  private static long memory(Process process) {
    try (Stream<ProcessHandle> descendants = process.descendants()) {
      return Stream.concat(Stream.of(process.toHandle()), descendants)
          .mapToLong(handle -> peakResident(handle.pid()))
          .sum();
    }
  }

  private static long peakResident(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"), ISO_8859_1).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .sum();
    } catch (IOException e) {
      // It has ended in the meantime.
      return 0;
    }
  }

  private static String tail(Path log) throws IOException {
    String text = new String(Files.readAllBytes(log), UTF_8).strip();
    return text.substring(Math.max(0, text.length() - LAST_OUTPUT));
  }
}
