package dev.mtb.engine;

import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.TemporaryNames;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;

/**
 * The digests of all files of a job that are in the backup, in the format of {@code md5sum} and its
 * like; all other information is in lines that those tools take for comments. Files stand in the
 * order in which they were finished, so that the manifest is not held in memory. Thread-safe.
 *
 * <p>It is written under a temporary name and renamed when the run ends. A failure to write it does
 * not affect the backup, and is reported at the end.
 */
final class Manifest implements Closeable {
  private static final String TITLE = "manifest of a backup by MTB";

  private final Path file;
  private final Path temporary;
  private final OutputStream out;
  private Optional<IOException> failure = Optional.empty();
  private long files;

  private Manifest(Path file, Path temporary, OutputStream out) {
    this.file = file;
    this.temporary = temporary;
    this.out = out;
  }

  /**
   * Starts a manifest.
   *
   * @param file where it is written; an older file stays there until {@link #finish}
   * @param destinationName where the listed files are
   * @throws InvalidJobException if nothing can be written there
   */
  static Manifest start(
      Path file, DigestAlgorithm algorithm, String destinationName, Instant startedAt) {
    Path absolute = file.toAbsolutePath();
    Path directory = absolute.getParent();
    if (directory == null || Files.isDirectory(absolute)) {
      throw new InvalidJobException(
          "the manifest " + file + " cannot be written: it is a directory; name a file");
    }
    // A scan skips this name, if the manifest lies in a source.
    Path temporary = directory.resolve(TemporaryNames.next());
    Manifest manifest;
    try {
      manifest =
          new Manifest(
              absolute,
              temporary,
              new BufferedOutputStream(
                  Files.newOutputStream(
                      temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)));
    } catch (NoSuchFileException e) {
      throw new InvalidJobException(
          "the manifest " + file + " cannot be written: there is no directory " + directory, e);
    } catch (IOException e) {
      throw new InvalidJobException(
          "the manifest " + file + " cannot be written: " + ErrorText.of(e), e);
    }
    manifest.comment(TITLE);
    manifest.comment("started: " + startedAt.truncatedTo(ChronoUnit.SECONDS));
    manifest.comment("destination: " + destinationName);
    manifest.comment("algorithm: " + algorithm.name());
    manifest.comment(
        "check: cd DESTINATION && "
            + algorithm.name().toLowerCase(Locale.ROOT)
            + "sum -c THIS_FILE");
    return manifest;
  }

  /** Whether a text is the beginning of a manifest. */
  static boolean isBeginning(String text) {
    return text.startsWith("# " + TITLE);
  }

  /** The file that will hold the manifest. */
  Path file() {
    return file;
  }

  /** A file is in the backup. */
  void file(Path target, Metadata metadata, String digest) {
    byte[] name = PathBytes.of(target);
    if (name.length == 1 && name[0] == '-') {
      // md5sum takes "-" for standard input.
      name = new byte[] {'.', '/', '-'};
    }
    byte[] escaped = escape(name);
    Line line = new Line();
    line.add("# size: " + metadata.size() + ", mtime: " + metadata.mtime() + "\n");
    line.add(escaped.length == name.length ? "" : "\\").add(digest + "  ").add(escaped).add("\n");
    write(line, 1);
  }

  void link(Path target) {
    comment("link", target, "");
  }

  void directory(Path target) {
    comment("directory", target, "");
  }

  private void comment(String kind, Path path, String more) {
    write(
        new Line()
            .add("# " + kind + ": ")
            .add(escape(PathBytes.of(path)))
            .add(escape(PathBytes.fromText(more)))
            .add("\n"),
        0);
  }

  private void comment(String text) {
    write(new Line().add("# ").add(escape(PathBytes.fromText(text))).add("\n"), 0);
  }

  /** In md5sum's format: one name, one line. */
  private static byte[] escape(byte[] name) {
    ByteArrayOutputStream escaped = new ByteArrayOutputStream(name.length + 2);
    for (byte b : name) {
      switch (b) {
        case '\\' -> escaped.writeBytes(new byte[] {'\\', '\\'});
        case '\n' -> escaped.writeBytes(new byte[] {'\\', 'n'});
        case '\r' -> escaped.writeBytes(new byte[] {'\\', 'r'});
        default -> escaped.write(b);
      }
    }
    return escaped.toByteArray();
  }

  /** Collects bytes. */
  private static final class Line {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Line add(String text) {
      return add(text.getBytes(StandardCharsets.UTF_8));
    }

    Line add(byte[] more) {
      bytes.writeBytes(more);
      return this;
    }
  }

  private synchronized void write(Line line, int count) {
    if (failure.isPresent()) {
      return;
    }
    try {
      line.bytes.writeTo(out);
      files += count;
    } catch (IOException e) {
      failure = Optional.of(e);
    }
  }

  /** Completes the manifest and renames it to its final name. */
  synchronized void finish(BackupReport report) throws IOException {
    for (Failure failed : report.failures()) {
      if (failed.cause() == Failure.Cause.GIVEN_UP) {
        comment("given up: " + failed.error());
      } else {
        comment("failed", failed.path(), ": " + failed.error());
      }
    }
    comment(
        report.outcome() == BackupReport.Outcome.OK
            ? "complete: " + files + " files"
            : "INCOMPLETE ("
                + report.outcome().name().toLowerCase(Locale.ROOT)
                + "): "
                + files
                + " files, "
                + report.failures().size()
                + " failures");
    if (failure.isPresent()) {
      throw failure.get();
    }
    out.close();
    Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Deletes the temporary file, if the manifest was not finished. */
  @Override
  public synchronized void close() {
    try {
      out.close();
    } catch (IOException e) {
      failure = Optional.of(e);
    }
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure = Optional.of(e);
    }
  }
}
