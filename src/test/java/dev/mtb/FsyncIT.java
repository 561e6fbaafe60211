package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Thorough;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The system calls of {@code --fsync}, recorded by strace. */
class FsyncIT {
  @TempDir Path temp;
  private Path source;
  private Path backup;
  private Path calls;

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "needs strace");
    temp = temp.toRealPath();
    source = Files.createDirectory(temp.resolve("source"));
    backup = temp.resolve("backup");
    calls = temp.resolve("calls");
    RandomTree.write(Files.createDirectories(source.resolve("d/e")).resolve("file"), "content");
    RandomTree.write(source.resolve("top"), "content");
    Files.createSymbolicLink(source.resolve("d/link"), Path.of("e"));
    Files.createDirectory(source.resolve("empty"));
  }

  private MtbProcess run(List<String> more, String... options) throws Exception {
    List<String> strace =
        new ArrayList<>(
            List.of(
                "strace",
                "-f",
                "-y",
                "-o",
                calls.toString(),
                "-e",
                "trace=fsync,fdatasync,rename,renameat,renameat2,mkdir,symlink,unlink,unlinkat"));
    strace.addAll(more);
    List<String> args = new ArrayList<>(List.of("backup", "--fsync", "-b", source.toString()));
    args.addAll(List.of(options));
    args.addAll(List.of(".", backup.toString()));
    return MtbProcess.runBy(strace, temp, args.toArray(new String[0]));
  }

  /** The position of the last call with all of these words; -1 if there is none. */
  private int last(String... words) throws Exception {
    List<String> lines = Files.readAllLines(calls);
    int found = -1;
    for (int i = 0; i < lines.size(); i++) {
      boolean hasAll = true;
      for (String word : words) {
        hasAll &= lines.get(i).contains(word);
      }
      found = hasAll ? i : found;
    }
    return found;
  }

  private int lastSync(Path directory) throws Exception {
    return last("fsync(", "<" + directory + ">");
  }

  @Test
  void directories_areForced_afterTheLastChangeOfAName() throws Exception {
    assertThat(run(List.of()).exitCode()).isZero();

    assertThat(lastSync(backup)).isGreaterThan(last("rename", "\"top\""));
    assertThat(lastSync(backup)).isGreaterThan(last("rename", "\"empty\""));
    assertThat(lastSync(backup.resolve("d"))).isGreaterThan(last("rename", "\"link\""));
    assertThat(lastSync(backup.resolve("d/e"))).isGreaterThan(last("rename", "\"file\""));
    assertThat(lastSync(temp)).as("the destination's own name").isNotNegative();
    assertThat(last("rename", "\"file\"")).isNotNegative();
  }

  @Thorough
  @Test
  void nothingIsDeleted_beforeWhatTakesItsPlaceIsSafe() throws Exception {
    assertThat(run(List.of()).exitCode()).isZero();
    Files.move(source.resolve("d/e/file"), source.resolve("moved"));

    assertThat(run(List.of(), "--delete").exitCode()).isZero();

    int deleted = last("unlinkat", "\"file\"");
    List<String> before = Files.readAllLines(calls).subList(0, deleted);
    assertThat(before).anyMatch(c -> c.contains("fsync(") && c.contains("<" + backup + ">"));
    assertThat(lastSync(backup.resolve("d/e"))).isGreaterThan(deleted);
  }

  @Thorough
  @Test
  void withBackupDir_bothDirectoriesAreForced() throws Exception {
    assertThat(run(List.of()).exitCode()).isZero();
    RandomTree.write(source.resolve("d/e/file"), "other content");

    assertThat(run(List.of(), "--backup-dir", "../old").exitCode()).isZero();

    assertThat(lastSync(temp.resolve("old/d/e"))).isNotNegative();
    assertThat(lastSync(temp.resolve("old/d"))).isNotNegative();
    assertThat(lastSync(backup.resolve("d/e"))).isGreaterThan(last("rename", "\"file\""));
  }

  @Thorough
  @Test
  void directoryThatCannotBeForced_isAFailure() throws Exception {
    assertThat(run(List.of()).exitCode()).isZero();
    RandomTree.write(source.resolve("another"), "content");

    // Only names change, so that no content of a file is forced to disk.
    Files.delete(source.resolve("another"));
    Files.createSymbolicLink(source.resolve("another"), Path.of("top"));
    MtbProcess run = run(List.of("-e", "inject=fsync:error=EIO"), "--delete");

    assertThat(run.exitCode()).isEqualTo(23);
    assertThat(run.err()).contains("cannot be forced to disk: Input/output error");
  }

  @Thorough
  @Test
  void withoutIt_nothingIsForced() throws Exception {
    MtbProcess run =
        MtbProcess.runBy(
            List.of("strace", "-f", "-y", "-o", calls.toString(), "-e", "trace=fsync,fdatasync"),
            temp,
            "backup",
            "-b",
            source.toString(),
            ".",
            backup.toString());

    assertThat(run.exitCode()).isZero();
    assertThat(Files.readString(calls)).doesNotContain("<" + backup);
  }
}
