package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.RandomTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mtb restore} as it is typed. */
class RestoreCommandTest {
  private static final Instant OLD = Instant.ofEpochSecond(1_500_000_000);

  @TempDir Path temp;
  private Path backup;
  private Path target;
  private String out;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    backup = temp.resolve("backup");
    target = temp.resolve("target");
    RandomTree.write(backup.resolve("a"), RandomTree.bytes(1, 10), OLD);
    RandomTree.write(backup.resolve("sub/b"), RandomTree.bytes(2, 10), OLD);
  }

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    out = result.out();
    err = result.err();
    return result.exitCode();
  }

  @Test
  void everything_itemized_thenNothing() {
    assertThat(mtb("restore", "-i", backup.toString(), target.toString())).isZero();
    assertThat(out.lines())
        .containsExactlyInAnyOrder("new: ./", "new: a", "new: sub/", "new: sub/b");
    assertThat(err).contains("2 files restored").contains("0 failed");
    assertThat(mtb("restore", "-i", backup.toString(), target.toString())).isZero();
    assertThat(out).isEmpty();
    assertThat(err).contains("0 files restored").contains("2 unchanged");
  }

  @Test
  void newerFile_isNamedOnStandardError_andCounted() throws Exception {
    RandomTree.write(target.resolve("a"), "newer");
    assertThat(mtb("restore", "-i", backup.toString(), target.toString())).isZero();
    assertThat(err).contains("a: skipped").contains("--overwrite").contains("1 skipped");
    assertThat(out).doesNotContain(": a");
    assertThat(mtb("restore", "-q", backup.toString(), target.toString())).isZero();
    assertThat(err).isEmpty();
    assertThat(mtb("restore", "--overwrite", backup.toString(), target.toString())).isZero();
    assertThat(target.resolve("a")).hasBinaryContent(RandomTree.bytes(1, 10));
  }

  @Test
  void limits_holdItUp() throws Exception {
    RandomTree.write(backup.resolve("large"), RandomTree.bytes(3, 300 << 10), OLD);
    long start = System.nanoTime();
    assertThat(mtb("restore", "--bwlimit", "512K", backup.toString(), target.toString())).isZero();
    // A slice of the limiter's time is free.
    assertThat((System.nanoTime() - start) / 1e9).isGreaterThan(300.0 / 512 - 0.05);

    start = System.nanoTime();
    Path other = temp.resolve("other");
    assertThat(mtb("restore", "--tpslimit", "4", backup.toString(), other.toString())).isZero();
    // At least one for each of three files, of which one second's may have been saved.
    assertThat((System.nanoTime() - start) / 1e9).isGreaterThan(0.5);
    assertThat(mtb("restore", "--bwlimit", "fast", backup.toString(), other.toString()))
        .isEqualTo(2);
    assertThat(mtb("restore", "--max-transfer", "1M", backup.toString(), other.toString()))
        .isEqualTo(2);
  }

  @Test
  void missingPath_is23_andFiltersApply() throws Exception {
    assertThat(mtb("restore", backup.toString(), "a", "gone", target.toString())).isEqualTo(23);
    assertThat(err).contains("gone: is not in the backup").contains("INCOMPLETE");
    assertThat(target.resolve("a")).exists();
    assertThat(target.resolve("sub")).doesNotExist();
    assertThat(mtb("restore", "--exclude", "b", backup.toString(), target.toString())).isZero();
    assertThat(target.resolve("sub")).isEmptyDirectory();
  }

  @Test
  void dryRun_changesNothing_andReports() throws Exception {
    assertThat(mtb("restore", "-n", "--report", "-", backup.toString(), "sub/b", target.toString()))
        .isZero();
    JsonNode json = new ObjectMapper().readTree(out);
    assertThat(json.at("/dryRun").asBoolean()).isTrue();
    assertThat(json.at("/files/copied").asInt()).isEqualTo(1);
    assertThat(target).doesNotExist();
  }

  @Test
  void wrongUsage_is2() {
    assertThat(mtb("restore")).isEqualTo(2);
    assertThat(mtb("restore", backup.toString())).isEqualTo(2);
    assertThat(err).contains("last the directory to restore to");
    assertThat(mtb("restore", backup.toString(), "s3://bucket/x")).isEqualTo(2);
    assertThat(mtb("restore", backup.toString(), "../x", target.toString())).isEqualTo(2);
    assertThat(err).contains("leads out of the backup");
    // What is restored is in the backup, and no list of sources says it.
    assertThat(mtb("restore", "-b", "/", backup.toString(), target.toString())).isEqualTo(2);
    assertThat(target).doesNotExist();
  }

  /** A user who forgets the target must not get the rest of the backup in a new directory. */
  @Test
  void lastPathInTheBackup_withoutATarget_isRefused() {
    assertThat(mtb("restore", backup.toString(), "sub")).isEqualTo(2);
    assertThat(err).contains("sub is in the backup, and no target is given");
    assertThat(mtb("restore", backup.toString(), "a", "sub/b")).isEqualTo(2);
    assertThat(err).contains("sub/b is in the backup, and no target is given", "--target sub/b");
    assertThat(Path.of("sub")).doesNotExist();

    assertThat(mtb("restore", backup.toString(), "a", "sub", "--target", target.toString()))
        .isZero();
    assertThat(target.resolve("a")).exists();
    assertThat(target.resolve("sub/b")).exists();
  }

  @Test
  void noBackup_is10() throws Exception {
    assertThat(mtb("restore", temp.resolve("none").toString(), target.toString())).isEqualTo(10);
    assertThat(err).contains("there is no backup at");
    assertThat(Files.exists(target)).isFalse();
  }

  @Test
  void help_namesTheArguments() {
    assertThat(mtb("restore", "--help")).isZero();
    assertThat(out)
        .contains("BACKUP [PATH...] TARGET")
        .contains("--overwrite")
        .contains("--exclude")
        .contains("--endpoint-url")
        .doesNotContain("--files-from")
        .doesNotContain("SOURCE... DESTINATION");
    assertThat(mtb("man")).isZero();
    assertThat(out).contains("MTB RESTORE").contains("BACKUP [PATH...] TARGET");
  }
}
