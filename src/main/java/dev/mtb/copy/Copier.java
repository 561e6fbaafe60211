package dev.mtb.copy;

import dev.mtb.files.Folders;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributesException;
import dev.mtb.store.Content;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.FileWrite;
import dev.mtb.store.RefusedException;
import dev.mtb.store.Retry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.apache.commons.codec.binary.Hex;

/**
 * Copies one file or link whole, or not at all.
 *
 * <p>The source's size, times and identity are taken before it is opened and again after its last
 * byte was read; if they differ, what was read may be of two versions, and it is copied again. A
 * ctime tells of changes that were hidden by setting the mtime back; but two changes within one
 * tick of the clock have the same, so that a file changed just now is given that time first.
 *
 * <p>A digest, where one is asked for, is that of the bytes that were read to be written. Where the
 * destination reads the source by itself, in several places at once, it is taken by reading it once
 * more, between the same two looks.
 *
 * <p>Thread-safe.
 */
public final class Copier {
  /** A file that changes during three copies in a row will change during the fourth. */
  private static final int TRIES = 3;

  /**
   * How coarse the kernel's clock for ctimes is: a tick of 1 to 10 ms, and as much again to be
   * safe.
   */
  private static final Duration TICK = Duration.ofMillis(20);

  /** Whoever is writing a file is often done soon; doubled for the third try. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Folders folders;
  private final Destination destination;
  private final Buffers buffers;
  private final LongConsumer bytesWritten;
  private final BooleanSupplier isStopping;
  private final Retry.Pause pause;
  private final Retry retry;
  private final Optional<DigestAlgorithm> algorithm;

  /**
   * Copies to a destination, gives up at its first failure, and takes no digests.
   *
   * @param folders reads sources
   * @param destination where to
   * @param buffers to read with
   * @param bytesWritten told of each chunk
   * @param isStopping asked between chunks
   * @param pause waits between tries
   */
  public Copier(
      Folders folders,
      Destination destination,
      Buffers buffers,
      LongConsumer bytesWritten,
      BooleanSupplier isStopping,
      Retry.Pause pause) {
    this(
        folders,
        destination,
        buffers,
        bytesWritten,
        isStopping,
        pause,
        Retry.never(destination),
        Optional.empty());
  }

  /**
   * Copies to a destination.
   *
   * @param folders reads sources
   * @param destination where to
   * @param buffers to read with
   * @param bytesWritten told of each chunk
   * @param isStopping asked between chunks
   * @param pause waits between tries
   * @param retry copies once more what the destination failed to take
   * @param algorithm of the digests of what is copied; empty if nobody wants to know them, since
   *     they cost processor time
   */
  public Copier(
      Folders folders,
      Destination destination,
      Buffers buffers,
      LongConsumer bytesWritten,
      BooleanSupplier isStopping,
      Retry.Pause pause,
      Retry retry,
      Optional<DigestAlgorithm> algorithm) {
    this.algorithm = algorithm;
    this.folders = folders;
    this.destination = destination;
    this.buffers = buffers;
    this.bytesWritten = bytesWritten;
    this.isStopping = isStopping;
    this.pause = pause;
    this.retry = retry;
  }

  /**
   * Copies a file or link.
   *
   * @param source what to copy
   * @param start the directory above it below which no symbolic link is followed
   * @param target where to, relative to the destination
   * @param existing what is there, as the comparison saw it
   * @return what was copied
   * @throws SourceException if the source is gone, unreadable or never holds still
   * @throws StoppedException if the run is being stopped
   * @throws IOException if it could not be written; what was there still is
   */
  public Copied copy(Path source, Path start, Path target, Optional<Metadata> existing)
      throws IOException {
    return retry.run(
        Retry.Kind.CHANGE,
        "copying",
        target,
        attempt ->
            tryCopy(source, start, target, attempt == 1 ? existing : lookAgain(target, existing)));
  }

  /** A write that failed may have changed what is there, or met what nobody had seen. */
  private Optional<Metadata> lookAgain(Path target, Optional<Metadata> existing)
      throws IOException {
    Optional<Metadata> now = destination.stat(target);
    if (isDirectory(now) && !isDirectory(existing)) {
      // Whoever made it wants it; it is not replaced before the next run has compared it.
      throw new RefusedException("a directory of that name appeared meanwhile; run again");
    }
    return now;
  }

  private static boolean isDirectory(Optional<Metadata> metadata) {
    return metadata.isPresent() && metadata.get().kind() == Kind.DIRECTORY;
  }

  private Copied tryCopy(Path source, Path start, Path target, Optional<Metadata> existing)
      throws IOException {
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      Metadata before = settled(source, start);
      Optional<Copied> copied = copied(source, start, before, target, existing);
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

  private Optional<Copied> copied(
      Path source, Path start, Metadata before, Path target, Optional<Metadata> existing)
      throws IOException {
    try {
      return switch (before.kind()) {
        case FILE -> copyFile(source, start, before, target, existing);
        case LINK -> copyLink(source, before, target, existing);
        default -> throw SourceException.moved("is no file any more", null);
      };
    } catch (SourceException e) {
      // What became a link or a directory cannot be opened or read; that is no trouble of its own.
      if (e.moved() || isSame(source, before)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /** Looks when no later change can have the same ctime. */
  private Metadata settled(Path source, Path start) throws SourceException {
    Metadata seen = look(source, start);
    if (seen.ctime().isEmpty()) {
      return seen;
    }
    Duration age = Duration.between(seen.ctime().get(), Instant.now());
    // On a file server whose clock is ahead nothing can be told.
    if (age.isNegative() || age.compareTo(TICK) >= 0) {
      return seen;
    }
    pause.pause(TICK.minus(age));
    return look(source, start);
  }

  /**
   * Looks at a source for who takes its metadata only.
   *
   * @param source what to look at
   * @param start the directory above it below which no symbolic link is followed
   * @return what is there
   * @throws SourceException if that cannot be told
   */
  public Metadata look(Path source, Path start) throws SourceException {
    try {
      return folders.look(source, start);
    } catch (IOException e) {
      throw SourceException.of(e, source);
    }
  }

  private Optional<Copied> copyLink(
      Path source, Metadata before, Path target, Optional<Metadata> existing) throws IOException {
    Path pointsTo;
    try {
      pointsTo = Files.readSymbolicLink(source);
    } catch (IOException e) {
      // It may be a file by now.
      throw SourceException.of(e, source);
    }
    if (!isSame(source, before)) {
      return Optional.empty();
    }
    Optional<AttributesException> unset =
        unset(() -> destination.writeLink(target, pointsTo, before, existing));
    return Optional.of(new Copied(before, Optional.empty(), Optional.of(pointsTo), unset));
  }

  private Optional<Copied> copyFile(
      Path source, Path start, Metadata before, Path target, Optional<Metadata> existing)
      throws IOException {
    try (Buffers.Loan loan = buffers.lend();
        SeekableByteChannel in = open(source, start)) {
      ByteBuffer buffer = loan.buffer();
      long total = fill(in, buffer);
      // A small file is known to be whole and of one version before the destination is touched.
      boolean isAll = total < buffer.capacity();
      if (isAll && !isStill(source, before, total)) {
        return Optional.empty();
      }
      stopIfAsked();
      if (!isAll) {
        Optional<Optional<Copied>> uploaded = upload(source, start, before, target, existing);
        if (uploaded.isPresent()) {
          return uploaded.get();
        }
      }
      Optional<MessageDigest> digest = algorithm.map(DigestAlgorithm::start);
      try (FileWrite write = destination.write(target, before, existing)) {
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
        Optional<AttributesException> unset = unset(() -> write.commit(before));
        Optional<String> hex = digest.map(d -> Hex.encodeHexString(d.digest()));
        return Optional.of(new Copied(before, hex, Optional.empty(), unset));
      }
    }
  }

  private interface Commit {
    void run() throws IOException;
  }

  /** What was not set of something whose content was committed. */
  private static Optional<AttributesException> unset(Commit commit) throws IOException {
    try {
      commit.run();
      return Optional.empty();
    } catch (AttributesException e) {
      return Optional.of(e);
    }
  }

  /**
   * Lets the destination read the source by itself; empty if it does not want to, and emptiness in
   * that if the source has changed.
   */
  private Optional<Optional<Copied>> upload(
      Path source, Path start, Metadata before, Path target, Optional<Metadata> existing)
      throws IOException {
    try {
      Optional<FileWrite> begun =
          destination.upload(target, before, existing, new Source(source, start));
      if (begun.isEmpty()) {
        return Optional.empty();
      }
      try (FileWrite upload = begun.get()) {
        Optional<String> digest = Optional.empty();
        if (algorithm.isPresent()) {
          digest = digestOf(source, start, before);
          if (digest.isEmpty()) {
            return Optional.of(Optional.empty());
          }
        } else if (!isSame(source, before)) {
          return Optional.of(Optional.empty());
        }
        Optional<AttributesException> unset = unset(() -> upload.commit(before));
        return Optional.of(Optional.of(new Copied(before, digest, Optional.empty(), unset)));
      }
    } catch (DestinationException | StoppedException e) {
      throw e;
    } catch (IOException e) {
      // If it changed meanwhile, that is why, whatever the destination made of it.
      if (!isSame(source, before)) {
        return Optional.of(Optional.empty());
      }
      throw e;
    }
  }

  /**
   * Reads a source for its digest alone.
   *
   * @param source a file
   * @param start the directory above it below which no symbolic link is followed
   * @param version what it was when it was compared
   * @return its digest; empty if it is not that version any more
   * @throws SourceException if it is gone or unreadable
   * @throws StoppedException if the run is being stopped
   */
  public Optional<String> digestOf(Path source, Path start, Metadata version) throws IOException {
    Digested digested;
    try (SeekableByteChannel in = open(source, start)) {
      digested = digest(in);
    } catch (SourceException | StoppedException e) {
      throw e;
    } catch (IOException e) {
      throw SourceException.of(e, source);
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
    private final Path start;

    Source(Path path, Path start) {
      this.path = path;
      this.start = start;
    }

    @Override
    public SeekableByteChannel open() throws IOException {
      return Copier.this.open(path, start);
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
    return total == before.size() && isSame(source, before);
  }

  private static boolean isSame(Path source, Metadata before) throws SourceException {
    try {
      return Metadata.of(source).sameVersion(before);
    } catch (IOException e) {
      throw SourceException.of(e, source);
    }
  }

  private SeekableByteChannel open(Path source, Path start) throws SourceException {
    try {
      return folders.read(source, start);
    } catch (IOException e) {
      throw SourceException.of(e, source);
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
