package dev.mtb.place;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KnownMountsTest {
  private static final Path POINT = Path.of("/mnt/bucket");

  @TempDir Path folder;
  private Path state;
  private Path fstab;
  private KnownMounts known;

  @BeforeEach
  void start() {
    state = folder.resolve("not/yet/there");
    fstab = folder.resolve("fstab");
    known = KnownMounts.in(state, fstab);
  }

  @Test
  void atFirst_nothingIsExpected() throws IOException {
    assertThat(known.expecting(POINT)).isEmpty();
    assertThat(Files.exists(state)).isFalse();
  }

  @Test
  void remembered_isExpectedByLaterRuns() throws IOException {
    known.remember(POINT);

    KnownMounts later = KnownMounts.in(state);
    KnownMounts.Expectation expected = later.expecting(POINT).orElseThrow();
    assertThat(expected.mountPoint()).isEqualTo(POINT);
    assertThat(expected.source()).isEqualTo(state.resolve("s3fs-mounts"));
    assertThat(later.expecting(POINT.resolve("a/b"))).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/mnt", "/mnt/bucket2", "/mnt/buck", "/other/mnt/bucket"})
  void remembered_othersAreNotExpected(Path other) throws IOException {
    known.remember(POINT);

    assertThat(known.expecting(other)).isEmpty();
  }

  @Test
  void remembering_keepsTheOthersAndLeavesNothingBehind() throws IOException {
    Path second = Path.of("/mnt/other");
    known.remember(POINT);
    known.remember(second);
    known.remember(POINT);

    assertThat(known.expecting(POINT)).isPresent();
    assertThat(known.expecting(second)).isPresent();
    assertThat(Files.readAllLines(state.resolve("s3fs-mounts"))).hasSize(2);
    try (Stream<Path> files = Files.list(state)) {
      assertThat(files).containsExactly(state.resolve("s3fs-mounts"));
    }
  }

  @Test
  void remembered_awkwardNames_areKeptByteForByte() throws IOException {
    byte[] name = {'/', 'm', ' ', '%', '\n', '#', (byte) 0xe9, '?'};
    Path point = PathBytes.resolve(Path.of("/"), name);

    known.remember(point);

    assertThat(known.expecting(point.resolve("x")).orElseThrow().mountPoint()).isEqualTo(point);
  }

  @Test
  void stateFile_canBeEmptied() throws IOException {
    known.remember(POINT);
    Files.writeString(state.resolve("s3fs-mounts"), "\n\n", UTF_8);

    assertThat(known.expecting(POINT)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bucket /mnt/bucket fuse.s3fs _netdev,allow_other 0 0",
        "bucket:/prefix /mnt/bucket fuse.s3fs defaults",
        "s3fs#bucket /mnt/bucket fuse allow_other 0 0",
        "s3fs#bucket:/prefix\t/mnt/bucket\tfuse",
        "  bucket   /mnt/bucket/   fuse.s3fs   noauto",
        "# comment\n\nUUID=1 / ext4 defaults 0 1\nbucket /mnt/bucket fuse.s3fs x"
      })
  void fstab_bothSyntaxes_areExpected(String lines) throws IOException {
    Files.writeString(fstab, lines + "\n", UTF_8);

    KnownMounts.Expectation expected = known.expecting(POINT.resolve("a")).orElseThrow();

    assertThat(expected).isEqualTo(new KnownMounts.Expectation(POINT, fstab));
    assertThat(known.expecting(Path.of("/mnt/bucket2"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "#bucket /mnt/bucket fuse.s3fs x",
        "# bucket /mnt/bucket fuse.s3fs x",
        "#s3fs#bucket /mnt/bucket fuse x",
        "/dev/sdb1 /mnt/bucket ext4 defaults 0 2",
        "sshfs#host: /mnt/bucket fuse x",
        "host: /mnt/bucket fuse.sshfs x",
        "bucket /mnt/bucket",
        "fuse.s3fs",
        ""
      })
  void fstab_otherLines_areNot(String line) throws IOException {
    Files.writeString(fstab, line + "\n", UTF_8);

    assertThat(known.expecting(POINT)).isEmpty();
  }

  @Test
  void fstab_blanksInNames_areOctal() throws IOException {
    Files.writeString(fstab, "bucket /mnt/my\\040bucket\\011x fuse.s3fs x\n", UTF_8);

    Path point = Path.of("/mnt/my bucket\tx");
    assertThat(known.expecting(point.resolve("a")).orElseThrow().mountPoint()).isEqualTo(point);
    assertThat(known.expecting(Path.of("/mnt/my"))).isEmpty();
  }

  @Test
  void fstab_namesBeyondAscii_areBytes() throws IOException {
    Files.writeString(fstab, "bucket /mnt/ü fuse.s3fs x\n", UTF_8);
    Path point = PathBytes.resolve(Path.of("/"), "/mnt/ü".getBytes(UTF_8));

    assertThat(known.expecting(point)).isPresent();
  }
}
