package dev.mtb.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The runnable jar as a process of its own, as users run it. For one thread. */
public final class MtbProcess {
  /** The jar under test; Maven sets the property. */
  private static final Path JAR =
      Path.of(System.getProperty("mtb.jar", "target/mtb.jar")).toAbsolutePath();

  private final Process process;
  private final Path out;
  private final Path err;

  private MtbProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * The program {@code java} with options for many short runs on few processors. The class path
   * that follows must begin with {@code mtb.jar}: the build makes an archive of its classes.
   */
  public static List<String> java() {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    String archive = System.getProperty("mtb.archive");
    if (archive != null) {
      command.add("-XX:SharedArchiveFile=" + archive);
    }
    return command;
  }

  /**
   * Starts it.
   *
   * @param folder for its output and its state
   * @param environment added to ours
   * @param jvm options of the JVM
   */
  public static MtbProcess start(
      Path folder, Map<String, String> environment, List<String> jvm, String... args)
      throws IOException {
    return start(folder, List.of(), environment, jvm, args);
  }

  private static MtbProcess start(
      Path folder,
      List<String> launcher,
      Map<String, String> environment,
      List<String> jvm,
      String... args)
      throws IOException {
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    // The signals are reset, since a script that runs the tests in the background makes them ignore
    // SIGINT, and child processes inherit that.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,TERM,USR1"));
    command.addAll(launcher);
    command.addAll(java());
    command.addAll(jvm);
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("MTB_STATE_DIR", folder.resolve("state").toString());
    builder.environment().putAll(environment);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new MtbProcess(builder.start(), out, err);
  }

  /**
   * Runs it to its end by another program, such as strace.
   *
   * @param launcher that program and its arguments
   */
  public static MtbProcess runBy(List<String> launcher, Path folder, String... args)
      throws IOException, InterruptedException {
    MtbProcess run = start(folder, launcher, Map.of(), List.of(), args);
    run.exitCode();
    return run;
  }

  /** Runs it to its end and returns the exit code. */
  public static MtbProcess run(Path folder, String... args)
      throws IOException, InterruptedException {
    MtbProcess run = start(folder, Map.of(), List.of(), args);
    run.exitCode();
    return run;
  }

  /** Whether it has not ended yet. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the end, at most for a time limit. Returns whether the process has ended. */
  public boolean endsWithin(Duration limit) throws InterruptedException {
    return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Waits for the end. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IllegalStateException("MTB does not end");
    }
    return process.exitValue();
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** Sends a signal, such as INT. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** What it has printed on standard output. */
  public String out() throws IOException {
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  /** What it has printed on standard error. */
  public String err() throws IOException {
    return Files.readString(err, StandardCharsets.UTF_8);
  }
}
