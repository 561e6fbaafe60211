package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory is bounded by what is in flight, and 16 bytes an entry of a list. */
@Thorough
class MemoryIT {
  private static final int DIRECTORIES = 80_000;

  /** The test uses a file system in memory if there is one, since a disk would take a minute. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private Path temp;

  @BeforeEach
  void makeFolder() throws IOException {
    temp =
        Files.isWritable(MEMORY)
            ? Files.createTempDirectory(MEMORY, "mtb-memory")
            : Files.createTempDirectory("mtb-memory");
  }

  /**
   * Deletes the folder. JUnit's own temporary folders are on the disk, and take long to delete so
   * many files.
   */
  @AfterEach
  void removeFolder() throws Exception {
    assertThat(new ProcessBuilder("rm", "-rf", temp.toString()).start().waitFor()).isZero();
  }

  /**
   * In an earlier version, each directory above an entry took half a kilobyte until the end of the
   * run.
   */
  @Test
  void listOfManyDirectories_fitsIntoLittleMemory() throws Exception {
    List<String> entries = new ArrayList<>();
    Path source = temp.resolve("source");
    for (int i = 0; i < DIRECTORIES; i++) {
      Path directory = Files.createDirectories(source.resolve("d" + i / 1000 + "/e" + i));
      Files.createFile(directory.resolve("f"));
      entries.add(source.relativize(directory) + "/f");
    }
    Collections.shuffle(entries, new Random(1));
    Path list = Files.write(temp.resolve("list"), entries);
    MtbProcess mtb =
        MtbProcess.start(
            temp,
            Map.of(),
            List.of("-Xmx40m"),
            "backup",
            "-n",
            "-q",
            "--report",
            temp.resolve("report").toString(),
            "-l",
            list.toString(),
            "-b",
            source.toString(),
            temp.resolve("backup").toString());
    assertThat(mtb.exitCode()).as(mtb.err()).isZero();
    assertThat(temp.resolve("report")).content().contains("\"copied\" : " + DIRECTORIES);
  }
}
