package dev.mtb.copy;

import dev.mtb.DigestAlgorithm;
import dev.mtb.Metadata;
import dev.mtb.destination.Content;
import dev.mtb.destination.Destination;
import dev.mtb.destination.DestinationException;
import dev.mtb.destination.FileWrite;
import dev.mtb.destination.NoFollow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.apache.commons.codec.binary.Hex;

/**
 * Copies one file or link whole, or not at all.
 *
 * <p>The source's size and mtime are taken before it is opened and again after its last byte was
 * read; if they differ, what was read may be of two versions, and it is copied again. Thread-safe.
 *
 * <p>A digest, where one is asked for, is that of the bytes that were read to be written. Where the
 * destination reads the source by itself, in several places at once, it is taken by reading it once
 * more, between the same two looks.
 */
public final class Copier {
  /** A file that changes during three copies in a row will change during the fourth. */
  private static final int TRIES = 3;

  /** Whoever is writing a file is often done soon; doubled for the third try. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Waits. */
  public interface Pause {
    /**
     * Waits about so long.
     *
     * @param duration how long
     */
    void pause(Duration duration);
  }

  private final Destination destination;
  private final Buffers buffers;
  private final LongConsumer bytesWritten;
  private final BooleanSupplier isStopping;
  private final Pause pause;
  private final Optional<DigestAlgorithm> algorithm;

  /**
   * Copies to a destination, and takes no digests.
   *
   * @param destination where to
   * @param buffers to read with
   * @param bytesWritten told of each chunk
   * @param isStopping asked between chunks
   * @param pause waits between tries
   */
  public Copier(
      Destination destination,
      Buffers buffers,
      LongConsumer bytesWritten,
      BooleanSupplier isStopping,
      Pause pause) {
    this(destination, buffers, bytesWritten, isStopping, pause, Optional.empty());
  }

  /**
   * Copies to a destination.
   *
   * @param destination where to
   * @param buffers to read with
   * @param bytesWritten told of each chunk
   * @param isStopping asked between chunks
   * @param pause waits between tries
   * @param algorithm of the digests of what is copied; empty if nobody wants to know them, since
   *     they cost processor time
   */
  public Copier(
      Destination destination,
      Buffers buffers,
      LongConsumer bytesWritten,
      BooleanSupplier isStopping,
      Pause pause,
      Optional<DigestAlgorithm> algorithm) {
    this.algorithm = algorithm;
    this.destination = destination;
    this.buffers = buffers;
    this.bytesWritten = bytesWritten;
    this.isStopping = isStopping;
    this.pause = pause;
  }

  /**
   * Copies a file or link.
   *
   * @param source what to copy
   * @param landing where to, relative to the destination
   * @param existing what is there, as the comparison saw it
   * @return what was copied
   * @throws SourceException if the source is gone, unreadable or never holds still
   * @throws StoppedException if the run is being stopped
   * @throws IOException if it could not be written; what was there still is
   */
  public Copied copy(Path source, Path landing, Optional<Metadata> existing) throws IOException {
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      Metadata before = look(source);
      Optional<Copied> copied =
          switch (before.kind()) {
            case FILE -> copyFile(source, before, landing, existing);
            case LINK -> copyLink(source, before, landing, existing);
            default -> throw SourceException.moved("is no file any more", null);
          };
      if (copied.isPresent()) {
        return copied.get();
      }
      if (attempt < TRIES) {
        pause.pause(PAUSE.multipliedBy(attempt));
      }
    }
    throw SourceException.moved(
        "kept changing while it was copied (" + TRIES + " times); nothing was replaced", null);
  }

  private Optional<Copied> copyLink(
      Path source, Metadata before, Path landing, Optional<Metadata> existing) throws IOException {
    Path target;
    try {
      target = Files.readSymbolicLink(source);
    } catch (IOException e) {
      throw SourceException.of(e);
    }
    if (!look(source).sameVersion(before)) {
      return Optional.empty();
    }
    destination.writeLink(landing, target, before, existing);
    return Optional.of(new Copied(before, Optional.empty(), Optional.of(target)));
  }

  private Optional<Copied> copyFile(
      Path source, Metadata before, Path landing, Optional<Metadata> existing) throws IOException {
    try (Buffers.Loan loan = buffers.lend();
        SeekableByteChannel in = open(source)) {
      ByteBuffer buffer = loan.buffer();
      long total = fill(in, buffer);
      // A small file is known to be whole and of one version before the destination is touched.
      boolean isAll = total < buffer.capacity();
      if (isAll && !isStill(source, before, total)) {
        return Optional.empty();
      }
      stopIfAsked();
      if (!isAll) {
        Optional<Optional<Copied>> uploaded = upload(source, before, landing, existing);
        if (uploaded.isPresent()) {
          return uploaded.get();
        }
      }
      Optional<MessageDigest> digest = algorithm.map(DigestAlgorithm::start);
      try (FileWrite write = destination.write(landing, before, existing)) {
        while (buffer.hasRemaining()) {
          int count = buffer.remaining();
          digest.ifPresent(d -> d.update(buffer.duplicate()));
          write.write(buffer);
          bytesWritten.accept(count);
          if (!isAll) {
            stopIfAsked();
            total += fill(in, buffer);
          }
          if (total > before.size()) {
            return Optional.empty();
          }
        }
        if (!isAll && !isStill(source, before, total)) {
          return Optional.empty();
        }
        write.commit(before);
        return Optional.of(copied(before, digest.map(d -> Hex.encodeHexString(d.digest()))));
      }
    }
  }

  private static Copied copied(Metadata before, Optional<String> digest) {
    return new Copied(before, digest, Optional.empty());
  }

  /**
   * Lets the destination read the source by itself; empty if it does not want to, and emptiness in
   * that if the source has changed.
   */
  private Optional<Optional<Copied>> upload(
      Path source, Metadata before, Path landing, Optional<Metadata> existing) throws IOException {
    try {
      Optional<FileWrite> begun = destination.upload(landing, before, existing, new Source(source));
      if (begun.isEmpty()) {
        return Optional.empty();
      }
      try (FileWrite upload = begun.get()) {
        Optional<String> digest = Optional.empty();
        if (algorithm.isPresent()) {
          digest = digestOf(source, before);
          if (digest.isEmpty()) {
            return Optional.of(Optional.empty());
          }
        } else if (!look(source).sameVersion(before)) {
          return Optional.of(Optional.empty());
        }
        upload.commit(before);
        return Optional.of(Optional.of(copied(before, digest)));
      }
    } catch (DestinationException | StoppedException e) {
      throw e;
    } catch (IOException e) {
      // If it changed meanwhile, that is why, whatever the destination made of it.
      if (!look(source).sameVersion(before)) {
        return Optional.of(Optional.empty());
      }
      throw e;
    }
  }

  /**
   * Reads a source for its digest alone.
   *
   * @param source a file
   * @param version what it was when it was compared
   * @return its digest; empty if it is not that version any more
   * @throws SourceException if it is gone or unreadable
   * @throws StoppedException if the run is being stopped
   */
  public Optional<String> digestOf(Path source, Metadata version) throws IOException {
    Digested digested;
    try (SeekableByteChannel in = open(source)) {
      digested = digest(in);
    } catch (SourceException | StoppedException e) {
      throw e;
    } catch (IOException e) {
      throw SourceException.of(e);
    }
    return isStill(source, version, digested.size())
        ? Optional.of(digested.digest())
        : Optional.empty();
  }

  /**
   * A content that was read to its end.
   *
   * @param size in bytes
   * @param digest in lower-case hexadecimal digits
   */
  public record Digested(long size, String digest) {}

  /**
   * Reads a channel to its end. To be called only by who asked for digests.
   *
   * @param in not closed
   * @return what was in it
   * @throws StoppedException if the run is being stopped
   * @throws IOException if it cannot be read
   */
  public Digested digest(ReadableByteChannel in) throws IOException {
    MessageDigest digest = algorithm.orElseThrow().start();
    long size = 0;
    try (Buffers.Loan loan = buffers.lend()) {
      ByteBuffer buffer = loan.buffer();
      while (in.read(buffer.clear()) >= 0) {
        size += buffer.flip().remaining();
        digest.update(buffer);
        if (size >= Destination.SMALL_FILE) {
          // What is in flight and small is finished.
          stopIfAsked();
        }
      }
    }
    return new Digested(size, Hex.encodeHexString(digest.digest()));
  }

  /** A source that a destination reads by itself. */
  private final class Source implements Content {
    private final Path path;

    Source(Path path) {
      this.path = path;
    }

    @Override
    public SeekableByteChannel open() throws IOException {
      return Copier.open(path);
    }

    @Override
    public void sent(long bytes) {
      bytesWritten.accept(bytes);
    }

    @Override
    public void stopIfAsked() throws IOException {
      Copier.this.stopIfAsked();
    }
  }

  private boolean isStill(Path source, Metadata before, long total) throws SourceException {
    return total == before.size() && look(source).sameVersion(before);
  }

  private static Metadata look(Path source) throws SourceException {
    try {
      return Metadata.of(source);
    } catch (IOException e) {
      throw SourceException.of(e);
    }
  }

  private static SeekableByteChannel open(Path source) throws SourceException {
    try {
      return NoFollow.open(source);
    } catch (IOException e) {
      throw SourceException.of(e);
    }
  }

  /** Fills the buffer as far as the file goes, ready to be written. */
  private static int fill(SeekableByteChannel in, ByteBuffer buffer) throws SourceException {
    buffer.clear();
    try {
      while (buffer.hasRemaining() && in.read(buffer) >= 0) {
        // Until it is full or the file ends.
      }
    } catch (IOException e) {
      throw SourceException.of(e);
    }
    return buffer.flip().remaining();
  }

  private void stopIfAsked() throws StoppedException {
    if (isStopping.getAsBoolean()) {
      throw new StoppedException();
    }
  }
}
