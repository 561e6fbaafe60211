package dev.mtb.store.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class S3fsProcessTest {
  private static final Path ROOT = Path.of("/");
  private static final Path POINT = Path.of("/mnt/s3");

  @TempDir Path temp;

  @Test
  void options_inEveryForm_areFound() {
    S3fsProcess process =
        parse("s3fs", "bucket", "/mnt/s3", "-o", "url=http://x:1,use_wtf8", "-oumask=022,ro", "-f");

    assertThat(process.options()).containsExactly("url=http://x:1", "use_wtf8", "umask=022", "ro");
    assertThat(process.has("use_wtf8")).isTrue();
    assertThat(process.has("umask")).isTrue();
    assertThat(process.has("url")).isTrue();
    assertThat(process.has("ur")).isFalse();
    assertThat(process.has("notsup_compat_dir")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"1.90, false", "1.95, false", "1.96, true", "1.97, true", "1.98, false"})
  void versionThatDeletesWhatItShouldNot_isReported(String version, boolean isSaid)
      throws IOException {
    Path program = Files.writeString(temp.resolve("s3fs"), "ELF\0" + version + "\0");
    S3fsProcess process =
        parse("s3fs", "bucket", "/mnt/s3", "-o", "enable_noobj_cache,notsup_compat_dir")
            .with(program, Optional.empty());

    assertThat(process.advice().stream().anyMatch(line -> line.contains("2932"))).isEqualTo(isSaid);
    assertThat(process.advice()).hasSize(isSaid ? 1 : 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3fs bucket /mnt/s3 -o a",
        "s3fs -o a bucket /mnt/s3",
        "/usr/bin/s3fs bucket:/prefix /mnt/s3 -oa",
        "s3fs bucket /mnt/s3/ -o a",
        "s3fs bucket /mnt/../mnt/./s3 -o a",
        "s3fs bucket s3 -o a",
        "s3fs bucket ./mnt/s3 -o a",
        "s3fs /mnt/s3 -o bucket=x -o a"
      })
  void mountPoint_inEveryForm_isFound(String commandLine) {
    assertThat(S3fsProcess.parse(List.of(commandLine.split(" ", -1)), ROOT, POINT))
        .hasValueSatisfying(process -> assertThat(process.has("a")).isTrue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3fs bucket /mnt/s3/deeper -o a",
        "s3fs bucket /mnt -o a",
        "s3fs bucket /other/s3 -o a",
        "s3fs bucket 3 -o a",
        "s3fs bucket other/s3 -o a",
        "s3fs bucket -o a /mnt/s",
        "s3fs",
        "/mnt/s3"
      })
  void otherMountPoints_areNotOurs(String commandLine) {
    assertThat(S3fsProcess.parse(List.of(commandLine.split(" ", -1)), ROOT, POINT)).isEmpty();
  }

  @Test
  void emptyWords_areNoPaths() {
    assertThat(S3fsProcess.parse(List.of("s3fs", "", "bucket", ""), ROOT, ROOT)).isEmpty();
  }

  /** s3fs 1.90 puts a NUL in the place of the colon. */
  @Test
  void prefix_thatS3fsHasCutOff_belongsToTheBucket() {
    assertThat(parse("s3fs", "bucket", "/deep/er", "/mnt/s3", "-o", "a").bucket())
        .contains("bucket:/deep/er");
    assertThat(parse("s3fs", "bucket:/deep/er", "/mnt/s3").bucket()).contains("bucket:/deep/er");
    assertThat(parse("s3fs", "bucket", "/mnt/s3").bucket()).contains("bucket");
    assertThat(parse("s3fs", "/mnt/s3", "-o", "bucket=x").bucket()).isEmpty();
  }

  @Test
  void optionWithoutValue_isRead() {
    assertThat(parse("s3fs", "bucket", "/mnt/s3", "-o").options()).containsExactly("");
  }

  @Test
  void mountPoint_beyondAscii_isTakenByItsBytes() {
    List<String> words = List.of("s3fs", "bucket", "/mnt/\u00c3\u00bc");

    assertThat(S3fsProcess.parse(words, ROOT, Path.of("/mnt/ü"))).isPresent();
  }

  @Test
  void bucketNamedLikeOurMountPoint_mountedElsewhere_isNotOurs() {
    List<String> words = List.of("s3fs", "s3", "/mnt/other", "-o", "use_wtf8");

    assertThat(S3fsProcess.parse(words, ROOT, POINT)).isEmpty();
  }

  private static S3fsProcess parse(String... words) {
    return S3fsProcess.parse(List.of(words), ROOT, POINT).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"use_cache=/var/cache/s3fs", "kernel_cache", "auto_cache"})
  void whatKeepsContents_isAnObstacleToReadingBack(String option) {
    assertThat(parse("s3fs", "bucket", "/mnt/s3", "-o", option).obstacleToReadingBack())
        .hasValueSatisfying(
            text -> assertThat(text).contains(option.split("=", -1)[0]).contains("nothing"));
  }

  @Test
  void usualMount_isNoObstacleToReadingBack_butOneThatCannotBeSeenIs() {
    assertThat(parse("s3fs", "bucket", "/mnt/s3", "-o", "url=http://x:1").obstacleToReadingBack())
        .isEmpty();
    assertThat(S3fsProcess.UNKNOWN.obstacleToReadingBack()).isPresent();
  }
}
