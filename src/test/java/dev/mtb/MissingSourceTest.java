package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Failure.Cause;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A missing path that the user named is an error (23), never a file that moved (24). */
class MissingSourceTest {
  @TempDir Path temp;
  private Path source;

  @BeforeEach
  void sources() throws Exception {
    source = Files.createDirectories(temp.resolve("source"));
    Files.writeString(source.resolve("file"), "content");
    Files.createSymbolicLink(source.resolve("dangling"), Path.of("nowhere"));
  }

  private BackupJob.Builder job(Path base) {
    return BackupJob.builder()
        .base(base)
        .destination(temp.resolve("backup"))
        .options(BackupOptions.builder().threads(2).stateDirectory(temp.resolve("state")).build());
  }

  private static void assertMissing(BackupReport report) {
    assertThat(report.exitCode()).as("%s", report.failures()).isEqualTo(23);
    assertThat(report.failures()).extracting(Failure::cause).containsOnly(Cause.ERROR);
    assertThat(report.failures())
        .allSatisfy(failure -> assertThat(failure.error()).contains("no such file or directory"));
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "a", "a/b", ""})
  void baseThatIsMissing_isAnError(String entry) {
    BackupJob job = job(temp.resolve("nope")).source(Path.of(entry)).build();
    assertMissing(Mtb.backup(job));
    assertMissing(Mtb.verify(job, BackupListener.NONE));
    assertMissing(
        Mtb.backup(
            job(temp.resolve("nope"))
                .source(Path.of(entry))
                .options(BackupOptions.builder().dryRun(true).build())
                .build()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a/", "a/b/c", "file/below", "file/below/it", "dangling/x"})
  void entryThatIsMissing_isAnError_andTheRestIsBackedUp(String entry) throws Exception {
    Path list = Files.write(temp.resolve("list"), List.of(entry, "file"));
    BackupJob job = job(source).filesFrom(list).build();
    BackupReport report = Mtb.backup(job);
    assertThat(report.exitCode()).as("%s", report.failures()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(temp.resolve("backup/file")).hasContent("content");
    assertThat(Mtb.verify(job, BackupListener.NONE).exitCode()).isEqualTo(23);
  }

  @Test
  void missingBase_isNamed() {
    BackupReport report = Mtb.backup(job(temp.resolve("nope")).source(Path.of(".")).build());
    assertThat(report.failures().get(0).error()).startsWith(temp.resolve("nope") + ": ");
  }

  @Test
  void missingDirectory_deletesNothing() throws Exception {
    Files.createDirectory(source.resolve("d"));
    Files.writeString(source.resolve("d/kept"), "kept");
    BackupOptions mirror =
        BackupOptions.builder()
            .stateDirectory(temp.resolve("state"))
            .deletion(Deletion.ALL)
            .build();
    assertThat(Mtb.backup(job(source).source(Path.of("d")).options(mirror).build()).exitCode())
        .isZero();
    Files.delete(source.resolve("d/kept"));
    Files.delete(source.resolve("d"));
    assertMissing(Mtb.backup(job(source).source(Path.of("d")).options(mirror).build()));
    assertThat(temp.resolve("backup/d/kept")).hasContent("kept");
  }
}
