package dev.mtb.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program and measures it with all processes it starts. Thread-safe. What is still running
 * when the benchmark ends is killed.
 */
final class Meter {
  /**
   * What a run took.
   *
   * @param usage empty if the time was up
   */
  record Outcome(
      double seconds, Optional<Usage> usage, int exitCode, boolean timedOut, String lastOutput) {}

  /** How much of what a program printed is shown if it fails. */
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
    Path usage = log.resolveSibling(log.getFileName() + ".usage");
    List<String> words = new ArrayList<>(Usage.measured(usage));
    words.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.redirectInput(Path.of("/dev/null").toFile()).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    long start = System.nanoTime();
    Process process = builder.start();
    running.add(process);
    try {
      boolean timedOut = !process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      double seconds = (System.nanoTime() - start) / 1e9;
      kill(process);
      process.waitFor();
      return new Outcome(seconds, Usage.read(usage), process.exitValue(), timedOut, tail(log));
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

  private static String tail(Path log) throws IOException {
    String text = new String(Files.readAllBytes(log), UTF_8).strip();
    return text.substring(Math.max(0, text.length() - LAST_OUTPUT));
  }
}
