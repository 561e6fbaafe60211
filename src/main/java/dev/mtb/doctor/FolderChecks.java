package dev.mtb.doctor;

import com.google.common.primitives.Longs;
import dev.mtb.doctor.Finding.Status;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.place.PlaceInfo;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.bucket.BucketCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Checks that use the destination: the folder, a file that is written, free space. */
final class FolderChecks {
  private static final String UNUSABLE = "the folder cannot be used";

  /** In bytes. */
  private static final int PROBE_SIZE = 1000;

  /** In bytes: each of the default of 32 threads can have a file of 32 MB open at once. */
  private static final long LITTLE_SPACE = 1_000_000_000;

  /**
   * The number of free inodes below which the check warns: one or two for each open file, and some
   * for other programs.
   */
  private static final long FEW_INODES = 10_000;

  private static final long STAT_TIMEOUT_SECONDS = 3;

  private FolderChecks() {}

  /** Whether the destination is a folder, or can be made. */
  static void folder(ExaminedPlace place, Findings found) throws IOException {
    if (place.folder.isEmpty()) {
      return;
    }
    if (!place.obstacleToTouching().isEmpty()) {
      found.notChecked(place.obstacleToTouching());
      return;
    }
    Path folder = place.folder.get();
    Path existing = folder;
    int missing = 0;
    while (existing.getParent() != null && !exists(existing)) {
      existing = existing.getParent();
      missing++;
    }
    if (Metadata.following(existing).kind() != Kind.DIRECTORY) {
      found.fail(existing + " is a file", "give another destination");
    } else if (missing > 1 && !place.isOnS3fs()) {
      found.fail(
          folder + " does not exist, nor does " + folder.getParent(),
          "make it first (mkdir -p " + folder + "), if it is the right place");
    } else {
      place.isFolderGood = true;
      found.ok(folder + (missing == 0 ? " is there" : " is not there yet, and a backup makes it"));
    }
  }

  /** Unlike {@code Files.exists}, this fails if the file system gives no answer. */
  private static boolean exists(Path path) throws IOException {
    try {
      Metadata.following(path);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Writes, reads and deletes a small file. It has a temporary name, so that the next backup
   * removes it if this process is killed in between.
   */
  static void write(ExaminedPlace place, Findings found) {
    String obstacle = obstacleToWriting(place);
    if (!obstacle.isEmpty()) {
      found.notChecked(obstacle);
      return;
    }
    Probe probe = new Probe(place);
    long start = System.nanoTime();
    try {
      probe.write();
    } catch (IOException e) {
      failed(place, "nothing can be written: ", e, found);
      return;
    }
    String took = Format.duration(Duration.ofNanos(System.nanoTime() - start));
    try {
      if (probe.isWhole()) {
        place.isWritable = true;
        String size = Format.size(PROBE_SIZE);
        found.ok("a probe of " + size + " was written in " + took + ", and read back");
      } else {
        found.fail(
            "what is read back is not what was written",
            "use it for no backup before that is explained");
      }
    } catch (IOException e) {
      failed(place, "what was written cannot be read: ", e, found);
    }
    // Only a folder that exists can show the probe.
    if (place.isStraight
        && place.folder.map(Files::exists).orElse(false)
        && !Files.exists(place.folder.get().resolve(probe.name))) {
      found.warn(
          "what is written to the bucket does not show on the mount: they are two places",
          "mount it again, so that the command line of s3fs is that of this mount; until then"
              + " backups go through the mount");
    }
    try {
      probe.delete();
    } catch (IOException e) {
      found.warn(
          "the probe " + probe.name + " cannot be deleted: " + ErrorText.of(e),
          "delete it; backups need s3:DeleteObject where they replace a directory or a link, or"
              + " tidy up");
    }
  }

  private static String obstacleToWriting(ExaminedPlace place) {
    if (place.readOnly) {
      return "--read-only";
    }
    if (place.location.isPresent()) {
      return place.isStraight ? "" : "the bucket cannot be used";
    }
    return place.obstacleToTouching().isEmpty() && !place.isFolderGood
        ? UNUSABLE
        : place.obstacleToTouching();
  }

  private static void failed(ExaminedPlace place, String what, IOException e, Findings found) {
    String why = place.isStraight ? ErrorText.of(e) : place.info.orElseThrow().diagnose(e).text();
    found.addMessage(Status.FAIL, what + why, "errors.md tells what the error means");
  }

  /** A small file. */
  private static final class Probe {
    private final String name = TemporaryNames.next();
    private final byte[] content = new byte[PROBE_SIZE];

    /** Where the file goes; empty if it goes to the folder. */
    private final Optional<BucketCheck> bucket;

    private final Path file;

    Probe(ExaminedPlace place) {
      // The content differs from that of any existing file.
      new Random().nextBytes(content);
      bucket = place.isStraight ? place.connection : Optional.empty();
      file = place.folder.map(ExaminedPlace::existing).orElse(Path.of("")).resolve(name);
    }

    void write() throws IOException {
      if (bucket.isPresent()) {
        bucket.get().write(name, content);
        return;
      }
      try {
        Files.write(file, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      } catch (IOException e) {
        // On a full disk an empty file may be there.
        try {
          Files.deleteIfExists(file);
        } catch (IOException e2) {
          e.addSuppressed(e2);
        }
        throw e;
      }
    }

    boolean isWhole() throws IOException {
      return bucket.isPresent()
          ? bucket.get().holds(name, content)
          : Arrays.equals(Files.readAllBytes(file), content);
    }

    void delete() throws IOException {
      if (bucket.isPresent()) {
        bucket.get().delete(name);
      } else {
        Files.delete(file);
      }
    }
  }

  /**
   * Free space: where s3fs keeps what it has not uploaded yet, or in a plain folder. (What an S3FS
   * mount itself reports as free is not a measured figure.)
   */
  static void space(ExaminedPlace place, Findings found) throws IOException {
    if (place.folder.isEmpty()) {
      return;
    }
    PlaceInfo info = place.info.orElseThrow();
    Path folder = info.isOnS3fs() ? info.bufferFolder() : ExaminedPlace.existing(info.path());
    if (!info.isOnS3fs()) {
      if (place.isFolderGood) {
        String remedy = "make room, or give another destination";
        space("the destination has ", folder, 0, remedy, found);
      } else {
        found.notChecked(UNUSABLE);
      }
    } else if (info.isProcessKnown() && !Files.isDirectory(folder)) {
      found.warn(
          folder + ", where s3fs keeps what it has not uploaded, is no folder",
          "make it, or mount with another tmpdir= or use_cache=");
    } else if (info.isProcessKnown()) {
      space(
          "where s3fs keeps what it has not uploaded (" + folder + ") there is ",
          folder,
          info.bufferReserve(),
          "make room there, or mount with -o tmpdir=FOLDER where there is more: what goes through"
              + " the mount needs room for all files that are copied at the same time",
          found);
    }
  }

  private static void space(String where, Path folder, long reserve, String remedy, Findings found)
      throws IOException {
    // Not from the FileStore: that of a directory in a chroot is in no table of mounts.
    long free = folder.toFile().getUsableSpace() - reserve;
    Optional<Long> inodes = freeInodes(folder);
    found.okIf(
        free >= LITTLE_SPACE && inodes.orElse(Long.MAX_VALUE) >= FEW_INODES,
        where
            + (free <= 0 ? "no room" : Format.size(free) + " free")
            + (reserve > 0 ? " beyond ensure_diskfree" : "")
            + inodes.map(", and room for %,d more files"::formatted).orElse(""),
        remedy);
  }

  /** Java cannot count them; empty where coreutils cannot either, or where there is no limit. */
  private static Optional<Long> freeInodes(Path folder) throws IOException {
    Process stat;
    try {
      stat = new ProcessBuilder("stat", "-f", "-c", "%c %d", folder.toString()).start();
    } catch (IOException e) {
      // There is no such program.
      return Optional.empty();
    }
    try {
      if (!stat.waitFor(STAT_TIMEOUT_SECONDS, TimeUnit.SECONDS) || stat.exitValue() != 0) {
        return Optional.empty();
      }
      byte[] output = stat.getInputStream().readAllBytes();
      String[] counts = new String(output, StandardCharsets.US_ASCII).strip().split(" ", -1);
      // btrfs and others report a total of 0.
      return counts.length == 2 && !counts[0].equals("0")
          ? Optional.ofNullable(Longs.tryParse(counts[1]))
          : Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      stat.destroy();
    }
  }
}
