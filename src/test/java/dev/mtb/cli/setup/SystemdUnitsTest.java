package dev.mtb.cli.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.PathBytes;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SystemdUnitsTest {
  /** What {@code systemd-escape --path --suffix=mount} of systemd 252 prints. */
  @ParameterizedTest
  @CsvSource({
    "/, -.mount",
    "/mnt/bucket, mnt-bucket.mount",
    "/mnt/my-bucket, mnt-my\\x2dbucket.mount",
    "/srv/.hidden/a.b, srv-.hidden-a.b.mount",
    "/.hidden, \\x2ehidden.mount",
    "/a b/c:d_e, a\\x20b-c:d_e.mount",
    "/ä%, \\xc3\\xa4\\x25.mount",
  })
  void mountUnit_isThatOfSystemd(String mountPoint, String unit) {
    assertThat(SystemdUnits.mountUnit(PathBytes.parse(mountPoint))).isEqualTo(unit);
  }
}
