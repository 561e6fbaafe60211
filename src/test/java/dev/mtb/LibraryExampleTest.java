package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.options.BackupOptions;
import dev.mtb.testing.RandomTree;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's example, and a check that the README shows exactly this code. */
class LibraryExampleTest {
  @TempDir Path temp;

  // example begins
  static void backUp(Path home, Path mount) {
    BackupJob job =
        BackupJob.builder()
            .base(home)
            .source(Path.of("documents"))
            .destination(mount.resolve("backup"))
            .options(BackupOptions.builder().threads(64).build())
            .build();
    BackupReport report = Mtb.backup(job);
    System.err.println("the backup ended: " + report.outcome());
    report.fatal().ifPresent(why -> System.err.println("it was given up: " + why));
    for (Failure failure : report.failures()) {
      System.err.println(failure.path() + ": " + failure.error());
    }
  }

  // example ends

  @Test
  void works() throws Exception {
    RandomTree.write(temp.resolve("home/documents/letter"), "Dear Sir or Madam");
    Path mount = Files.createDirectory(temp.resolve("mount"));
    backUp(temp.resolve("home"), mount);
    assertThat(mount.resolve("backup/documents/letter")).hasContent("Dear Sir or Madam");
  }

  @Test
  void isWhatTheReadmeShows() throws Exception {
    Path self = Path.of("src/test/java/dev/mtb/LibraryExampleTest.java");
    String source = Files.readString(self, StandardCharsets.UTF_8);
    String example =
        source
            .substring(
                source.indexOf("// example begins\n") + 18, source.indexOf("  // example ends"))
            .stripTrailing()
            .stripIndent()
            .strip();
    assertThat(Files.readString(Path.of("README.md"), StandardCharsets.UTF_8)).contains(example);
  }
}
