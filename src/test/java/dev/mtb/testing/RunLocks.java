package dev.mtb.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The files in a state directory with which runs of MTB lock their destinations. */
public final class RunLocks {
  private RunLocks() {}

  /** The lock of each run, also of a run that was killed. */
  public static List<Path> of(Path state) throws IOException {
    Path directory = state.resolve("locks");
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".lock")).toList();
    }
  }

  /**
   * Stops a process (SIGSTOP) in the middle of its run, when it has its lock and no longer holds
   * the gate that all runs pass.
   */
  public static void stop(MtbProcess process, Path state) throws Exception {
    while (of(state).isEmpty()) {
      Thread.sleep(2);
    }
    // The process makes its lock while it holds the gate.
    try (FileChannel gate =
        FileChannel.open(state.resolve("locks/gate"), StandardOpenOption.WRITE)) {
      assertThat(gate.lock().isValid()).isTrue();
    }
    process.signal("STOP");
    // Otherwise the run was too short, and the test would mean nothing.
    assertThat(of(state)).as("locks after the stop").hasSize(1);
  }
}
