package dev.mtb.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.common.base.Splitter;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.S3Location;
import dev.mtb.store.ContentTag;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.mount.S3fsProcess;
import dev.mtb.testing.Fuzz;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random input from the system, its administrator or a server never causes an unexpected exception.
 */
class HostileInputFuzzTest {
  private static final int TIMES = 5_000;

  private static final String MOUNTINFO =
      """
      40 22 0:40 / /mnt/s3 rw,nosuid shared:5 - fuse.s3fs s3fs rw,user_id=0
      42 22 0:42 / /mnt/with\\040space rw - tmpfs none rw
      """;

  private static final String FSTAB =
      """
      # comment
      bucket /mnt/s3 fuse.s3fs _netdev 0 0
      s3fs#data /mnt/a\\040b fuse rw 0 0
      """;

  @TempDir Path temp;

  @Test
  void mountinfo_ofAnything_isRead() {
    Fuzz.seeded("mountinfo")
        .times(
            TIMES,
            random -> {
              String text =
                  asRead(Fuzz.mutated(random, MOUNTINFO) + Fuzz.text(random, 20, " ", "\\"));
              for (Mount mount : Mount.parse(text)) {
                assertThat(mount.point().isAbsolute()).as(text).isTrue();
              }
              String point = asRead(Fuzz.text(random, 8, "\\1", "\\377", "\\777", "\\000"));
              assertThat(Mount.unescape(point).isAbsolute()).as(point).isTrue();
            });
  }

  /** The text as it is read: one character for each byte. */
  private static String asRead(String text) {
    return new String(latin(text), StandardCharsets.ISO_8859_1);
  }

  @Test
  void fstabAndMemory_ofAnything_areReadOrNameTheirFile() {
    Path fstab = temp.resolve("fstab");
    KnownMounts known = KnownMounts.in(temp, fstab);
    Fuzz.seeded("fstab")
        .times(
            2_000,
            random -> {
              Files.write(fstab, latin(Fuzz.mutated(random, FSTAB) + Fuzz.text(random, 12, " ")));
              byte[] memory =
                  random.nextBoolean()
                      ? latin(Fuzz.mutated(random, "file:///mnt/s3\n"))
                      : Fuzz.bytes(random, 6, "file:///", "http://x/", "jar:file:/x!/y", "\n");
              Files.write(temp.resolve("s3fs-mounts"), memory);
              try {
                Optional<KnownMounts.Expectation> unused =
                    known.expecting(Path.of(random.nextBoolean() ? "/mnt/s3/x" : "/mnt/a b"));
              } catch (IOException e) {
                assertThat(e).hasMessageContaining("s3fs-mounts").hasMessageContaining("remove");
              }
            });
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void commandLines_ofAnything_areUnderstoodOrAnObstacle() throws IOException {
    Path passwd = Secrets.write(temp.resolve("passwd"), "key:secret");
    String ordinary =
        "s3fs\0data:/deep\0/mnt/s3\0-o\0url=http://localhost:9000,passwd_file="
            + passwd
            + ",use_sse=kmsid:1,storage_class=ia";
    Fuzz.seeded("command line")
        .times(
            TIMES,
            random -> {
              String line =
                  random.nextInt(4) == 0
                      ? "s3fs\0" + Fuzz.text(random, 10, "\0", "/mnt/s3", "-o", "url=", "bucket=")
                      : Fuzz.mutated(random, ordinary);
              String words = asRead(line);
              Optional<S3fsProcess> process =
                  S3fsProcess.parse(
                      Splitter.on('\0').splitToList(words), Path.of("/"), Path.of("/mnt/s3"));
              if (process.isEmpty()) {
                return;
              }
              MountedBucket.Finding found =
                  MountedBucket.find(process.get(), Path.of("backup/home"));
              assertThat(found.place().isPresent()).isNotEqualTo(!found.obstacle().isEmpty());
              found
                  .place()
                  .ifPresent(place -> assertThat(place.location().prefix()).endsWith("home/"));
              String place =
                  LockPlace.of(process.get(), Path.of("backup"), Path.of("/mnt/s3/backup"));
              assertThat(place).endsWith("/backup/");
            });
  }

  @Test
  void locations_ofAnything_areReadOrRefused() {
    Fuzz.seeded("s3://")
        .times(
            TIMES,
            random -> {
              String text = (random.nextInt(9) > 0 ? "s3://" : "") + Fuzz.text(random, 6, "/", "b");
              S3Location location;
              try {
                location = S3Location.parse(text);
              } catch (InvalidJobException e) {
                return;
              }
              assertThat(location.prefix()).doesNotStartWith("/").doesNotContain("//");
              assertThat(Splitter.on('/').split(location.prefix())).doesNotContain(".", "..");
              assertThat(S3Location.parse(location.toString())).isEqualTo(location);
            });
  }

  @Test
  void tags_ofAnything_areReadOrNone() {
    Fuzz.seeded("tags")
        .times(
            TIMES,
            random -> {
              String tag = "\"" + "0123456789abcdef".repeat(2) + "-" + random.nextInt(99999) + "\"";
              String text = random.nextBoolean() ? tag : Fuzz.mutated(random, tag);
              ContentTag.parse(text).ifPresent(t -> assertThat(t.md5()).matches("[0-9a-f]{32}"));
              // Numbers may be put together to one of 32 digits.
              String other = Fuzz.text(random, 9);
              ContentTag.parse(other)
                  .ifPresent(
                      t -> {
                        assertThat(t.md5()).matches("[0-9a-f]{32}");
                        assertThat(other).containsIgnoringCase(t.md5());
                      });
            });
  }

  @Test
  void temporaryNames_ofAnything_areJudged() {
    Instant[] times = {Instant.MIN, Instant.EPOCH, Instant.now(), Instant.MAX};
    Fuzz.seeded("temporary names")
        .times(
            TIMES,
            random -> {
              String name = Fuzz.mutated(random, TemporaryNames.next());
              Instant mtime = times[random.nextInt(times.length)];
              Path path = PathBytes.resolve(Path.of(""), withoutNul(name));
              boolean abandoned = TemporaryNames.isAbandoned(path, () -> mtime, Instant.now());
              assertThat(abandoned && !TemporaryNames.isTemporary(path)).as(name).isFalse();
            });
  }

  private static byte[] withoutNul(String name) {
    return PathBytes.fromText(name.replace('\0', '_').replace('/', '_'));
  }

  @Test
  void claims_ofAnything_areRead() throws IOException {
    Path file = temp.resolve("x.lock");
    Fuzz.seeded("locks")
        .times(
            1_000,
            random -> {
              Files.write(file, content(random));
              try (var channel = java.nio.channels.FileChannel.open(file)) {
                LockClaim claim = LockClaim.read(channel);
                assertThat(claim.describe()).startsWith("another run of MTB");
                assertThat(claim.meets(LockClaim.UNKNOWN)).isTrue();
              }
            });
  }

  private static byte[] content(Random random) {
    String whole = "folder:/a/\0/a\0" + "12\0host\0" + "2026-01-01T00:00:00Z\0";
    return random.nextInt(3) == 0
        ? Fuzz.bytes(random, 10, "\0")
        : PathBytes.fromText(Fuzz.mutated(random, whole));
  }

  @Test
  void lockPlaces_neverFail() {
    Fuzz.seeded("lock places")
        .times(
            TIMES,
            random ->
                assertThatCode(
                        () ->
                            LockPlace.of(
                                new S3fsProcess(
                                    com.google.common.collect.ImmutableList.of(
                                        "url=" + Fuzz.text(random, 5, "http://", ":", "[", "]"),
                                        "bucket=" + Fuzz.text(random, 4)),
                                    Optional.empty(),
                                    com.google.common.collect.ImmutableList.of(),
                                    Optional.empty(),
                                    Optional.empty()),
                                Path.of("x"),
                                Path.of("/m/x")))
                    .doesNotThrowAnyException());
  }
}
