package dev.mtb.doctor;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.bucket.BucketCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether a file can be written, read and deleted, by doing so. It has a temporary name, so that
 * the next backup removes it if this process is killed in between.
 */
final class WriteCheck implements Check {
  /** Unlike any file that is there by chance, and small. */
  private static final int SIZE = 1000;

  /** Spreads the bits of a number over all others (2^64 divided by the golden ratio). */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private static final String OTHERWISE = "errors.md tells what the error means";

  /** Where the probe goes. */
  private interface Place {
    void write(String name, byte[] content) throws IOException;

    boolean holds(String name, byte[] content) throws IOException;

    void delete(String name) throws IOException;
  }

  @Override
  public String what() {
    return "write";
  }

  @Override
  public String obstacle(ExaminedPlace patient) {
    if (patient.readOnly) {
      return "--read-only";
    }
    if (patient.location.isPresent()) {
      return patient.isStraight() ? "" : "the bucket cannot be used";
    }
    return patient.obstacleToTouching().isEmpty() && !patient.isFolderGood
        ? "the folder cannot be used"
        : patient.obstacleToTouching();
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    Place place =
        patient.isStraight()
            ? bucket(patient.bucket.orElseThrow())
            : nearest(patient.folder.orElseThrow());
    String name = TemporaryNames.next();
    byte[] content = content();
    long start = System.nanoTime();
    try {
      place.write(name, content);
    } catch (IOException e) {
      return List.of(failed(patient, "nothing can be written: ", e));
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    List<Finding> findings = new ArrayList<>();
    findings.add(read(patient, place, name, content, took));
    if (patient.isStraight() && patient.folder.isPresent()) {
      findings.addAll(shown(patient.folder.get(), name));
    }
    try {
      place.delete(name);
    } catch (IOException e) {
      findings.add(
          Finding.warn(
              what(),
              "the probe " + name + " cannot be deleted: " + ErrorText.of(e),
              "delete it; backups need s3:DeleteObject where they replace a directory or a link, or"
                  + " tidy up"));
    }
    return findings;
  }

  private static byte[] content() {
    ByteBuffer content = ByteBuffer.allocate(SIZE);
    for (long salt = System.nanoTime(); content.remaining() >= Long.BYTES; salt++) {
      content.putLong(salt * SPREAD);
    }
    return content.array();
  }

  private Finding read(
      ExaminedPlace patient, Place place, String name, byte[] content, Duration took) {
    try {
      return place.holds(name, content)
          ? Finding.ok(
              what(),
              "a probe of "
                  + Format.size(SIZE)
                  + " was written in "
                  + Format.duration(took)
                  + ", and read back")
          : Finding.fail(
              what(),
              "what is read back is not what was written",
              "trust it with no backup before that is explained");
    } catch (IOException e) {
      return failed(patient, "what was written cannot be read: ", e);
    }
  }

  private Finding failed(ExaminedPlace patient, String before, IOException e) {
    String why =
        patient.isStraight()
            ? ErrorText.of(e)
            : patient.whereabouts.orElseThrow().diagnose(e).text();
    return Finding.of(Finding.Status.FAIL, what(), before + why, OTHERWISE);
  }

  /** A folder that is still to be made shows nothing, and that is no sign of anything. */
  private List<Finding> shown(Path folder, String name) {
    return !Files.exists(folder) || Files.exists(folder.resolve(name))
        ? List.of()
        : List.of(
            Finding.warn(
                what(),
                "what is written to the bucket does not show on the mount: they are two places",
                "mount it again, so that the command line of s3fs is that of this mount; until then"
                    + " backups go through the mount"));
  }

  private static Place bucket(BucketCheck bucket) {
    return new Place() {
      @Override
      public void write(String name, byte[] content) throws IOException {
        bucket.write(name, content);
      }

      @Override
      public boolean holds(String name, byte[] content) throws IOException {
        return bucket.holds(name, content);
      }

      @Override
      public void delete(String name) throws IOException {
        bucket.delete(name);
      }
    };
  }

  /** The folder, or the nearest above it that is there. */
  private static Place nearest(Path folder) {
    Path existing = folder;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    Path there = existing;
    return new Place() {
      @Override
      public void write(String name, byte[] content) throws IOException {
        Path probe = there.resolve(name);
        try {
          Files.write(probe, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException e) {
          // Where the disk is full an empty file may be there.
          try {
            Files.deleteIfExists(probe);
          } catch (IOException e2) {
            e.addSuppressed(e2);
          }
          throw e;
        }
      }

      @Override
      public boolean holds(String name, byte[] content) throws IOException {
        return Arrays.equals(Files.readAllBytes(there.resolve(name)), content);
      }

      @Override
      public void delete(String name) throws IOException {
        Files.delete(there.resolve(name));
      }
    };
  }
}
