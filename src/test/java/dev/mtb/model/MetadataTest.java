package dev.mtb.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataTest {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");

  @TempDir Path folder;

  @Test
  void of_file_tellsEverything() throws IOException {
    Path file = Files.write(folder.resolve("file"), new byte[1234]);
    Files.setLastModifiedTime(file, FileTime.from(TIME));
    Files.setAttribute(file, "unix:mode", 0640);

    Metadata metadata = Metadata.of(file);

    assertThat(metadata.kind()).isEqualTo(Kind.FILE);
    assertThat(metadata.size()).isEqualTo(1234);
    assertThat(metadata.mtime()).isEqualTo(TIME);
    assertThat(metadata.mode()).isEqualTo(0640);
    assertThat(metadata.uid()).isEqualTo(Files.getAttribute(file, "unix:uid"));
    assertThat(metadata.gid()).isEqualTo(Files.getAttribute(file, "unix:gid"));
    assertThat(metadata.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
    assertThat(metadata.device()).isEqualTo(Files.getAttribute(file, "unix:dev"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 04755, 02755, 01777, 07777, 06111, 0400})
  void of_file_keepsTheBitsAbove0777(int mode) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Files.setAttribute(file, "unix:mode", mode);

    assertThat(Metadata.of(file).mode()).isEqualTo(mode);
  }

  @Test
  void of_foreignOwner_isNumeric() throws IOException {
    assumeThat((Integer) Files.getAttribute(folder, "unix:uid")).isZero();
    Path file = Files.createFile(folder.resolve("file"));
    Files.setAttribute(file, "unix:uid", 123456);
    Files.setAttribute(file, "unix:gid", 654321);

    assertThat(Metadata.of(file).uid()).isEqualTo(123456);
    assertThat(Metadata.of(file).gid()).isEqualTo(654321);
  }

  @Test
  void of_directory_isADirectory() throws IOException {
    Path directory = Files.createDirectory(folder.resolve("d"));
    Files.setAttribute(directory, "unix:mode", 01755);
    Files.setLastModifiedTime(directory, FileTime.from(TIME));

    Metadata metadata = Metadata.of(directory);

    assertThat(metadata.kind()).isEqualTo(Kind.DIRECTORY);
    assertThat(metadata.mode()).isEqualTo(01755);
    assertThat(metadata.mtime()).isEqualTo(TIME);
  }

  @Test
  void of_link_isTheLinkItself() throws IOException {
    Path file = Files.write(folder.resolve("file"), new byte[100]);
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));

    Metadata metadata = Metadata.of(link);

    assertThat(metadata.kind()).isEqualTo(Kind.LINK);
    assertThat(metadata.size()).isEqualTo("file".length());
    assertThat(metadata.inode()).isNotEqualTo(Metadata.of(file).inode());
    assertThat(Metadata.following(link)).isEqualTo(Metadata.of(file));
  }

  @Test
  void of_danglingLink_isThereButLeadsNowhere() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("nowhere"));

    assertThat(Metadata.of(link).kind()).isEqualTo(Kind.LINK);
    assertThatThrownBy(() -> Metadata.following(link)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void of_nothing_throws() {
    assertThatThrownBy(() -> Metadata.of(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void of_device_isSpecial() throws IOException {
    Path device = Path.of("/dev/null");
    assumeThat(Files.exists(device, LinkOption.NOFOLLOW_LINKS)).isTrue();

    assertThat(Metadata.of(device).kind()).isEqualTo(Kind.SPECIAL);
  }

  @Test
  void of_timesBefore1970_areKept() throws IOException {
    Instant old = Instant.parse("1961-04-12T06:07:00Z");
    Path file = Files.createFile(folder.resolve("file"));
    Files.setLastModifiedTime(file, FileTime.from(old));

    assertThat(Metadata.of(file).mtime()).isEqualTo(old);
  }

  @Test
  void of_basicViewOnly_doesNotKnowOwnerAndMode() throws IOException {
    try (FileSystem memory = Jimfs.newFileSystem(Configuration.unix())) {
      Path file = Files.write(memory.getPath("/file"), new byte[7]);
      Files.setLastModifiedTime(file, FileTime.from(TIME));
      Path link = Files.createSymbolicLink(memory.getPath("/link"), file);

      assertThat(Metadata.of(file)).isEqualTo(new Metadata(Kind.FILE, 7, TIME, -1, -1, -1, -1, -1));
      assertThat(Metadata.of(link).kind()).isEqualTo(Kind.LINK);
      assertThat(Metadata.following(link)).isEqualTo(Metadata.of(file));
      assertThat(Metadata.of(memory.getPath("/")).kind()).isEqualTo(Kind.DIRECTORY);
    }
  }

  @Test
  void of_posixView_knowsTheMode() throws IOException {
    var posix = Configuration.unix().toBuilder().setAttributeViews("basic", "posix").build();
    try (FileSystem memory = Jimfs.newFileSystem(posix)) {
      Path file = Files.write(memory.getPath("/file"), new byte[7]);
      Files.setLastModifiedTime(file, FileTime.from(TIME));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x--x"));

      assertThat(Metadata.of(file))
          .isEqualTo(new Metadata(Kind.FILE, 7, TIME, 0751, -1, -1, -1, -1));
    }
  }

  @Test
  void of_unixViewOfJimfs_knowsTheMode() throws IOException {
    var unix = Configuration.unix().toBuilder().setAttributeViews("basic", "posix", "unix").build();
    try (FileSystem memory = Jimfs.newFileSystem(unix)) {
      Path file = Files.write(memory.getPath("/file"), new byte[7]);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

      Metadata metadata = Metadata.of(file);

      assertThat(metadata.kind()).isEqualTo(Kind.FILE);
      assertThat(metadata.size()).isEqualTo(7);
      assertThat(metadata.mode()).isEqualTo(0640);
    }
  }

  @Test
  void permissions_areThoseOfTheBits() {
    for (int mode = 0; mode <= 07777; mode++) {
      Set<PosixFilePermission> permissions = Metadata.permissions(mode);

      assertThat(PosixFilePermissions.toString(permissions)).isEqualTo(rwx(mode & 0777));
    }
  }

  @Test
  void sameVersion_differsWithWhatAWriterChanges() {
    Metadata one = new Metadata(Kind.FILE, 5, TIME, 0644, 1, 2, 3, 4);

    assertThat(one.sameVersion(new Metadata(Kind.FILE, 5, TIME, 0600, 7, 8, 3, 4))).isTrue();
    assertThat(one.sameVersion(new Metadata(Kind.FILE, 6, TIME, 0644, 1, 2, 3, 4))).isFalse();
    assertThat(one.sameVersion(new Metadata(Kind.LINK, 5, TIME, 0644, 1, 2, 3, 4))).isFalse();
    assertThat(one.sameVersion(new Metadata(Kind.FILE, 5, TIME, 0644, 1, 2, 9, 4))).isFalse();
    assertThat(one.sameVersion(new Metadata(Kind.FILE, 5, TIME, 0644, 1, 2, 3, 9))).isFalse();
    assertThat(one.sameVersion(one.withMtime(TIME.plusNanos(1)))).isFalse();
  }

  @Test
  void withMtime_changesNothingElse() {
    Metadata one = new Metadata(Kind.FILE, 5, TIME, 0644, 1, 2, 3, 4);

    assertThat(one.withMtime(Instant.EPOCH))
        .isEqualTo(new Metadata(Kind.FILE, 5, Instant.EPOCH, 0644, 1, 2, 3, 4));
  }

  private static String rwx(int mode) {
    StringBuilder text = new StringBuilder();
    for (int bit = 8; bit >= 0; bit--) {
      text.append((mode >> bit & 1) == 0 ? '-' : "xwr".charAt(bit % 3));
    }
    return text.toString();
  }
}
