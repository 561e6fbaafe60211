package dev.mtb.place;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountTest {
  private static final String MOUNTINFO =
      """
      22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
      23 22 0:21 / /proc rw,nosuid - proc proc rw
      40 22 0:40 / /mnt/s3 rw,nosuid,nodev,relatime shared:5 master:1 - fuse.s3fs s3fs rw,user_id=0
      41 40 0:41 / /mnt/s3/deep/er ro,relatime - fuse.s3fs s3fs rw,user_id=1000
      42 22 0:42 / /mnt/with\\040space\\011and\\134octal rw - tmpfs none rw
      43 22 0:43 /sub /mnt/stack rw - ext4 /dev/vdb rw
      44 43 0:44 / /mnt/stack rw - fuse.s3fs s3fs rw
      """;

  @Test
  void parse_tellsPointTypeAndOptions() {
    assertThat(Mount.parse(MOUNTINFO))
        .containsExactly(
            mount("/", "ext4", "/", (253 << 20), -1),
            mount("/proc", "proc", "/", 21, -1),
            mount("/mnt/s3", "fuse.s3fs", "/", 40, 0),
            new Mount(Path.of("/mnt/s3/deep/er"), "fuse.s3fs", true, Path.of("/"), 41, 1000),
            mount("/mnt/with space\tand\\octal", "tmpfs", "/", 42, -1),
            mount("/mnt/stack", "ext4", "/sub", 43, -1),
            mount("/mnt/stack", "fuse.s3fs", "/", 44, -1));
  }

  private static Mount mount(String point, String type, String root, long device, int user) {
    return new Mount(Path.of(point), type, false, Path.of(root), device, user);
  }

  /** Programs may add options of any name to those of the kernel. */
  @Test
  void parse_userOfTheMount_comesFromTheKernel() {
    assertThat(Mount.parse("1 0 0:1 / /a rw - fuse.s3fs s3fs rw,user_id=7,group_id=8\n"))
        .containsExactly(mount("/a", "fuse.s3fs", "/", 1, 7));
    assertThat(Mount.parse("1 0 x / /a rw - fuse.s3fs s3fs rw,user_id=x\n"))
        .containsExactly(mount("/a", "fuse.s3fs", "/", -1, -1));
  }

  @Test
  void below_isInTheFileSystem_whateverPartOfItIsMounted() {
    Mount whole = mount("/mnt/s3", "fuse.s3fs", "/", 1, 0);
    Mount part = mount("/srv/part", "fuse.s3fs", "/deep/er", 1, 0);
    assertThat(whole.below(Path.of("/mnt/s3"))).isEqualTo(Path.of(""));
    assertThat(whole.below(Path.of("/mnt/s3/a/b"))).isEqualTo(Path.of("a/b"));
    assertThat(part.below(Path.of("/srv/part"))).isEqualTo(Path.of("deep/er"));
    assertThat(part.below(Path.of("/srv/part/a"))).isEqualTo(Path.of("deep/er/a"));
  }

  @Test
  void parse_readOnly_isAWholeWordOfTheMountOptions() {
    assertThat(Mount.parse("1 0 0:1 / /a rw,errors=remount-ro - ext4 /dev/x ro\n"))
        .containsExactly(mount("/a", "ext4", "/", 1, -1));
  }

  @Test
  void parse_lineThatIsNoMount_isSkipped() {
    assertThat(Mount.parse("")).isEmpty();
    assertThat(Mount.parse("\n\nnonsense\n1 2 3 4 5 6 7\n1 0 0:1 / /a rw -\n")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/,                     /,               ext4",
    "/mnt,                  /,               ext4",
    "/mnt/s3,               /mnt/s3,         fuse.s3fs",
    "/mnt/s3/a/b,           /mnt/s3,         fuse.s3fs",
    "/mnt/s3-other/a,       /,               ext4",
    "/mnt/s,                /,               ext4",
    "/mnt/s3/deep,          /mnt/s3,         fuse.s3fs",
    "/mnt/s3/deep/error,    /mnt/s3,         fuse.s3fs",
    "/mnt/s3/deep/er/x,     /mnt/s3/deep/er, fuse.s3fs",
    "/mnt/stack/x,          /mnt/stack,      fuse.s3fs",
    "/processes,            /,               ext4"
  })
  void holding_isTheDeepestAndTopmostMount(Path path, Path point, String type) {
    Mount mount = Mount.holding(path, Mount.parse(MOUNTINFO)).orElseThrow();

    assertThat(mount.point()).isEqualTo(point);
    assertThat(mount.type()).isEqualTo(type);
    assertThat(mount.isS3fs()).isEqualTo(type.equals("fuse.s3fs"));
  }

  @Test
  void holding_doesNotDependOnTheOrderOfDepth() {
    Mount root = mount("/", "ext4", "/", 1, -1);
    Mount s3 = mount("/mnt/s3", Mount.S3FS, "/", 2, 0);

    assertThat(Mount.holding(Path.of("/mnt/s3/x"), List.of(s3, root))).contains(s3);
    assertThat(Mount.holding(Path.of("/mnt/s3/x"), List.of(root, s3))).contains(s3);
    assertThat(Mount.holding(Path.of("/x"), List.of(s3))).isEmpty();
  }

  @Test
  void unescape_keepsRawBytes() {
    byte[] expected = {'/', 'a', ' ', '\n', '\\', '0', '4', '0', (byte) 0xe9};

    assertThat(PathBytes.of(Mount.unescape("/a\\040\\012\\134040\u00e9"))).isEqualTo(expected);
    assertThat(PathBytes.of(Mount.unescape("/\u00c3\u00a9"))).isEqualTo("/é".getBytes(UTF_8));
    assertThat(Mount.unescape("/ends\\040")).isEqualTo(Path.of("/ends "));
    // An invalid escape stays as it is, since people write fstab by hand.
    assertThat(Mount.unescape("/a\\b\\08\\777\\000\\04"))
        .isEqualTo(Path.of("/a\\b\\08\\777\\000\\04"));
  }

  @Test
  void holding_onThisMachine_findsProc() throws IOException {
    Path proc = Path.of("/proc/self/mountinfo");
    assumeThat(Files.exists(proc)).isTrue();

    assertThat(Mount.holding(Path.of("/proc")).orElseThrow().type()).isEqualTo("proc");
    assertThat(Mount.holding(Path.of("/no/such/path"))).isPresent();
  }
}
