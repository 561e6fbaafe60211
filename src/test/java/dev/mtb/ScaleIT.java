package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.NullS3;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Many files: memory and open files depend on the number of threads, and not on the number of
 * files.
 */
@Thorough
class ScaleIT {
  private static final int DIRECTORIES = 200;
  private static final int EACH = 1000;

  /**
   * The jar and the JVM's own; 100 idle directories on either side, of two descriptors each
   * (Folders); and for each of the 32 + 32 threads a directory or a file on either side; the
   * bucket, a socket and a selector too. A leak of one in two hundred files exceeds it.
   */
  private static final int MOST_DESCRIPTORS = 700;

  /** The test uses a file system in memory if there is one, since the disk is not tested. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private Path temp;
  private Path source;

  @BeforeEach
  void makeFiles() throws IOException {
    temp =
        Files.isWritable(MEMORY)
            ? Files.createTempDirectory(MEMORY, "mtb-scale")
            : Files.createTempDirectory("mtb-scale");
    source = Files.createDirectory(temp.resolve("source"));
  }

  /**
   * Deletes the files. JUnit's own temporary folders are on the disk, and take long to delete so
   * many files.
   */
  @AfterEach
  void removeFiles() throws Exception {
    assertThat(new ProcessBuilder("rm", "-rf", temp.toString()).start().waitFor()).isZero();
  }

  private void files(int directories) throws IOException {
    for (int d = 0; d < directories; d++) {
      Path directory = Files.createDirectory(source.resolve("d" + d));
      for (int f = 0; f < EACH; f++) {
        Files.createFile(directory.resolve("f" + f));
      }
    }
  }

  @Test
  void manyFiles_intoAFolder_needLittleMemoryAndFewDescriptors() throws Exception {
    files(DIRECTORIES);
    Path backup = temp.resolve("backup");
    for (String count : List.of("copied", "unchanged")) {
      JsonNode report = run(64, List.of(".", backup.toString()));
      assertThat(report.at("/files/" + count).asInt()).isEqualTo(DIRECTORIES * EACH);
    }
  }

  @Test
  void manyFiles_intoABucket_needLittleMemoryAndFewDescriptors() throws Exception {
    files(DIRECTORIES / 4);
    Path passwd = Secrets.write(temp.resolve("passwd"), "key:secret");
    try (NullS3 server = NullS3.start()) {
      JsonNode report =
          run(
              128,
              List.of(
                  "--endpoint-url",
                  "http://127.0.0.1:" + server.port(),
                  "--passwd-file",
                  passwd.toString(),
                  ".",
                  "s3://bucket/backup"));
      assertThat(report.at("/files/copied").asInt()).isEqualTo(DIRECTORIES / 4 * EACH);
      assertThat(server.puts()).isGreaterThanOrEqualTo(DIRECTORIES / 4 * EACH);
    }
  }

  /**
   * Runs MTB with a heap of so many megabytes, counts its open files meanwhile, and returns its
   * report.
   */
  private JsonNode run(int megabytes, List<String> arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("backup", "-b", source.toString(), "--report", "-"));
    command.addAll(arguments);
    long start = System.nanoTime();
    MtbProcess mtb =
        MtbProcess.start(
            temp, Map.of(), List.of("-Xmx" + megabytes + "m"), command.toArray(String[]::new));
    long most = 0;
    int samples = 0;
    while (mtb.isAlive()) {
      most = Math.max(most, descriptors(mtb.pid()));
      samples++;
      Thread.sleep(50);
    }
    assertThat(mtb.exitCode()).as(mtb.err()).isZero();
    System.out.printf(
        "%s: %d descriptors at most, %d samples, %.1f s%n",
        arguments.get(arguments.size() - 1), most, samples, (System.nanoTime() - start) / 1e9);
    assertThat(most).isBetween(10L, (long) MOST_DESCRIPTORS);
    return new ObjectMapper().readTree(mtb.out());
  }

  private static long descriptors(long pid) throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      return open.count();
    } catch (NoSuchFileException e) {
      // The process has just ended.
      return 0;
    }
  }
}
