package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessIdentityTest {
  private static final String STATUS =
      """
      Name:\tjava Uid: x
      Umask:\t0027
      State:\tS (sleeping)
      Uid:\t1000\t1001\t1002\t1003
      Gid:\t100\t101\t102\t103
      Groups:\t
      VmPeak:\t  123456 kB
      """;

  @Test
  void parse_takesTheFileSystemIds() {
    assertThat(ProcessIdentity.parse(STATUS)).isEqualTo(new ProcessIdentity(1003, 103, 027));
  }

  @Test
  void parse_withoutUmask_fails() {
    // Linux before 4.7 does not tell the umask. Then read() assumes nothing.
    assertThatThrownBy(() -> ProcessIdentity.parse(STATUS.replace("Umask", "Mask")))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void read_isWhatFilesOfThisProcessGet(@TempDir Path folder) throws IOException {
    assumeThat(Files.exists(Path.of("/proc/self/status"))).isTrue();
    ProcessIdentity process = ProcessIdentity.read();

    Metadata file = Metadata.of(Files.writeString(folder.resolve("file"), ""));

    assertThat(process.is(file.uid(), file.gid())).isTrue();
    assertThat(file.mode()).isEqualTo(0666 & ~process.umask());
    assertThat(process.isRoot()).isEqualTo(file.uid() == 0);
  }

  @ParameterizedTest
  @CsvSource({
    "022, 0644, true",
    "022, 0755, true",
    "022, 0664, false",
    "022, 04755, false",
    "022, 01755, false",
    "0,   0777, true",
    "077, 0600, true",
    "077, 0640, false",
    "0777, 0, true",
    "0777, 0400, false"
  })
  void keepsMode_ifNoBitIsTakenAway(String umask, String mode, boolean kept) {
    ProcessIdentity process = new ProcessIdentity(1, 2, Integer.parseInt(umask, 8));

    assertThat(process.keepsMode(Integer.parseInt(mode, 8))).isEqualTo(kept);
  }

  @Test
  void created_isWhatTheKernelMakes() {
    Metadata source = new Metadata(Kind.FILE, 9, Instant.EPOCH, 04666, 7, 8, 5, 6);
    ProcessIdentity process = new ProcessIdentity(1, 2, 027);

    assertThat(process.created(source, 04666))
        .isEqualTo(new Metadata(Kind.FILE, 9, Instant.EPOCH, 0640, 1, 2, -1, -1));
    assertThat(process.created(source, Metadata.UNKNOWN).mode()).isEqualTo(Metadata.UNKNOWN);
  }

  @Test
  void isRoot_onlyForZero() {
    assertThat(new ProcessIdentity(0, 5, 0).isRoot()).isTrue();
    assertThat(new ProcessIdentity(-1, 0, 0).isRoot()).isFalse();
    assertThat(new ProcessIdentity(0, 5, 0).is(0, 6)).isFalse();
  }
}
