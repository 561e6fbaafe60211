package dev.mtb.doctor;

import com.google.common.primitives.Longs;
import dev.mtb.model.Format;
import dev.mtb.place.PlaceInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Free space: where s3fs keeps what it has not uploaded yet, or, for a folder that is on no mount,
 * there. (What an S3FS mount itself calls free is made up.)
 */
final class SpaceCheck implements Check {
  /**
   * In bytes: each of the default of 32 threads can have a file of 32 MB open at once; larger ones
   * are what fills the folder.
   */
  private static final long SCARCE = 1_000_000_000;

  /** A name or two for each file that is open at once, and what else goes on there. */
  private static final long FEW_INODES = 10_000;

  private static final long LONGEST_STAT_SECONDS = 3;

  @Override
  public String what() {
    return "space";
  }

  @Override
  public String obstacle(ExaminedPlace patient) {
    return patient.folder.isPresent() && !patient.isOnS3fs() && !patient.isFolderGood
        ? "the folder cannot be used"
        : "";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) throws IOException {
    if (patient.folder.isEmpty()) {
      return List.of();
    }
    PlaceInfo where = patient.whereabouts.orElseThrow();
    if (!where.isOnS3fs()) {
      return List.of(
          judge(
              "the destination has ",
              nearest(where.path()),
              0,
              "make room, or give another destination"));
    }
    // Without its command line only a guess could be made.
    if (!where.isProcessKnown()) {
      return List.of();
    }
    Path folder = where.bufferFolder();
    if (!Files.isDirectory(folder)) {
      return List.of(
          Finding.warn(
              what(),
              folder + ", where s3fs keeps what it has not uploaded, is no folder",
              "make it, or mount with another tmpdir= or use_cache="));
    }
    return List.of(
        judge(
            "where s3fs keeps what it has not uploaded (" + folder + ") there is ",
            folder,
            where.bufferReserve(),
            "make room there, or mount with -o tmpdir=FOLDER where there is more: what goes through"
                + " the mount needs room for all files that are copied at the same time"));
  }

  private static Path nearest(Path path) {
    Path existing = path;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }

  private Finding judge(String where, Path folder, long reserve, String remedy) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace() - reserve;
    Optional<Long> inodes = freeInodes(folder);
    String text =
        where
            + (free <= 0 ? "no room" : Format.size(free) + " free")
            + (reserve > 0 ? " beyond ensure_diskfree" : "")
            + inodes.map(n -> String.format(", and room for %,d more files", n)).orElse("");
    boolean isScarce = free < SCARCE || inodes.map(n -> n < FEW_INODES).orElse(false);
    return isScarce ? Finding.warn(what(), text, remedy) : Finding.ok(what(), text);
  }

  /** Java cannot tell them. Empty where coreutils cannot either, or where there is no limit. */
  private static Optional<Long> freeInodes(Path folder) throws IOException {
    Process stat;
    try {
      stat = new ProcessBuilder("stat", "-f", "-c", "%c %d", folder.toString()).start();
    } catch (IOException e) {
      // There is no such program.
      return Optional.empty();
    }
    try {
      if (!stat.waitFor(LONGEST_STAT_SECONDS, TimeUnit.SECONDS) || stat.exitValue() != 0) {
        return Optional.empty();
      }
      String[] counts =
          new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
              .strip()
              .split(" ", -1);
      // btrfs and others count none at all.
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
