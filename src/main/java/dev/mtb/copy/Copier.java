package dev.mtb.copy;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributesException;
import dev.mtb.store.DestinationException;
import dev.mtb.store.FileWrite;
import dev.mtb.store.RefusedException;
import dev.mtb.store.Retry;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;

/**
 * The copier of files and links. A copy is complete, or is not made at all.
 *
 * <p>The source's size, times and identity are taken before it is opened and again after its last
 * byte was read; if they differ, what was read may be of two versions, and it is copied again. The
 * ctime shows changes after which a program has set the mtime back. But two changes within one tick
 * of the kernel's clock have the same ctime, so the copier waits for the next tick before it looks
 * at a file that was changed just now.
 *
 * <p>A digest, where one is asked for, is that of the bytes that were read to be written. If the
 * destination reads the source itself, several parts at a time, the copier reads the source once
 * more for the digest, between the same two looks.
 *
 * <p>Thread-safe.
 */
public final class Copier {
  /** A file that changes during three copies in a row will change during the fourth. */
  private static final int TRIES = 3;

  /**
   * A process that writes a file has often finished soon. The pause is doubled before the third
   * attempt.
   */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Tree tree;
  private final Store destination;
  private final Buffers buffers;
  private final CopyControl control;
  private final Retry retry;
  private final Optional<DigestAlgorithm> algorithm;

  /**
   * Copies to a destination.
   *
   * @param tree that the sources are in
   * @param retry copies once more what the destination failed to take
   * @param algorithm of the digests of what is copied; empty if they are not needed, since they
   *     cost processor time
   */
  public Copier(
      Tree tree,
      Store destination,
      Buffers buffers,
      CopyControl control,
      Retry retry,
      Optional<DigestAlgorithm> algorithm) {
    this.algorithm = algorithm;
    this.tree = tree;
    this.destination = destination;
    this.buffers = buffers;
    this.control = control;
    this.retry = retry;
  }

  /**
   * Copies a file or link.
   *
   * @param target where to, relative to the destination
   * @param existing what is there, as the comparison saw it
   * @throws SourceException if the source is gone, unreadable or keeps changing
   * @throws StoppedException if the run is being stopped
   */
  public Copied copy(TreeEntry source, Path target, Optional<Metadata> existing)
      throws IOException {
    return copy(source, /* seen= */ Optional.empty(), target, existing);
  }

  /**
   * Copies a file or link.
   *
   * @param seen what the source was like when it was found, which saves another look
   * @param target where to, relative to the destination
   * @param existing what is there, as the comparison saw it
   * @throws SourceException if the source is gone, unreadable or keeps changing
   * @throws StoppedException if the run is being stopped
   */
  public Copied copy(
      TreeEntry source, Optional<Metadata> seen, Path target, Optional<Metadata> existing)
      throws IOException {
    SourceFile file = new SourceFile(tree, source);
    return retry.run(
        Retry.Kind.CHANGE,
        "copying",
        target,
        attempt ->
            attempt == 1
                ? tryCopy(file, seen, target, existing)
                : tryCopy(file, Optional.empty(), target, lookAgain(target, existing)));
  }

  /**
   * Looks at the destination again. A write that failed may have changed it, or may have found a
   * file that the comparison had not seen.
   */
  private Optional<Metadata> lookAgain(Path target, Optional<Metadata> existing)
      throws IOException {
    Optional<Metadata> now = destination.stat(target);
    if (isDirectory(now) && !isDirectory(existing)) {
      // Another program has made it. It is not replaced before the next run has compared it.
      throw new RefusedException("a directory of that name appeared meanwhile; run again");
    }
    return now;
  }

  private static boolean isDirectory(Optional<Metadata> metadata) {
    return metadata.isPresent() && metadata.get().kind() == Kind.DIRECTORY;
  }

  private Copied tryCopy(
      SourceFile source, Optional<Metadata> seen, Path target, Optional<Metadata> existing)
      throws IOException {
    Optional<SourceFile.Before> found = seen.flatMap(SourceFile::asFound);
    if (found.isPresent()) {
      Optional<Copied> copied = copied(source, found.get(), target, existing);
      if (copied.isPresent()) {
        return copied.get();
      }
      // The source has changed since the scan. That does not count as a change during the copy.
    }
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      SourceFile.Before before = source.settled(control.pause());
      Optional<Copied> copied = copied(source, before, target, existing);
      if (copied.isPresent()) {
        return copied.get();
      }
      if (attempt < TRIES) {
        control.pause().pause(PAUSE.multipliedBy(attempt));
      }
    }
    throw SourceException.moved(
        "kept changing while it was copied (" + TRIES + " times); nothing was replaced", null);
  }

  private Optional<Copied> copied(
      SourceFile source, SourceFile.Before before, Path target, Optional<Metadata> existing)
      throws IOException {
    try {
      return switch (before.metadata().kind()) {
        case FILE -> copyFile(source, before, target, existing);
        case LINK -> copyLink(source, before.metadata(), target, existing);
        default -> throw SourceException.moved("is no file any more", null);
      };
    } catch (SourceException e) {
      // A file that has become a link or a directory cannot be opened or read. That counts as a
      // change, not as a failure to read.
      if (e.moved() || source.isSame(before.metadata())) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /**
   * Looks at a source of which only the metadata is copied.
   *
   * @throws SourceException if that cannot be told
   */
  public Metadata look(TreeEntry source) throws SourceException {
    return new SourceFile(tree, source).look();
  }

  private Optional<Copied> copyLink(
      SourceFile source, Metadata before, Path target, Optional<Metadata> existing)
      throws IOException {
    Path pointsTo = source.link();
    if (!source.isSame(before)) {
      return Optional.empty();
    }
    Optional<AttributesException> unset =
        unset(() -> destination.writeLink(target, pointsTo, before, existing));
    return Optional.of(new Copied(before, Optional.empty(), Optional.of(pointsTo), unset));
  }

  private Optional<Copied> copyFile(
      SourceFile source, SourceFile.Before seen, Path target, Optional<Metadata> existing)
      throws IOException {
    try (Buffers.Loan loan = buffers.lend();
        ReadableByteChannel in = source.open()) {
      ByteBuffer buffer = loan.buffer();
      long total = SourceFile.fill(in, buffer, seen.metadata().size());
      if (total < buffer.capacity()) {
        // A small file is known to be whole and of one version before the destination is touched.
        Optional<Metadata> before = source.still(seen, total);
        return before.isPresent()
            ? writeWhole(buffer, before.get(), target, existing)
            : Optional.empty();
      }
      if (!seen.isSafe()) {
        // It was a small file when the scan found it, and has grown.
        return Optional.empty();
      }
      control.stopIfAsked();
      Metadata before = seen.metadata();
      if (in instanceof SeekableByteChannel) {
        Attempt uploaded = upload(source, before, target, existing);
        if (uploaded.isMade()) {
          return uploaded.copied();
        }
      }
      return writeInPieces(source, in, buffer, before, target, existing);
    }
  }

  private Optional<Copied> writeWhole(
      ByteBuffer buffer, Metadata before, Path target, Optional<Metadata> existing)
      throws IOException {
    control.stopIfAsked();
    Optional<MessageDigest> digest = algorithm.map(DigestAlgorithm::start);
    try (FileWrite write = destination.write(target, before, existing)) {
      if (buffer.hasRemaining()) {
        write(write, buffer, digest);
      }
      return Optional.of(committed(write, before, digest));
    }
  }

  private Optional<Copied> writeInPieces(
      SourceFile source,
      ReadableByteChannel in,
      ByteBuffer buffer,
      Metadata before,
      Path target,
      Optional<Metadata> existing)
      throws IOException {
    long total = buffer.remaining();
    Optional<MessageDigest> digest = algorithm.map(DigestAlgorithm::start);
    try (FileWrite write = destination.write(target, before, existing)) {
      while (buffer.hasRemaining()) {
        write(write, buffer, digest);
        control.stopIfAsked();
        total += SourceFile.fill(in, buffer, before.size() - total);
        if (total > before.size()) {
          return Optional.empty();
        }
      }
      return source.isStill(before, total)
          ? Optional.of(committed(write, before, digest))
          : Optional.empty();
    }
  }

  private void write(FileWrite write, ByteBuffer buffer, Optional<MessageDigest> digest)
      throws IOException {
    int count = buffer.remaining();
    digest.ifPresent(d -> d.update(buffer.duplicate()));
    write.write(buffer);
    control.bytesWritten().accept(count);
  }

  private static Copied committed(FileWrite write, Metadata before, Optional<MessageDigest> digest)
      throws IOException {
    Optional<AttributesException> unset = unset(() -> write.commit(before));
    Optional<String> hex = digest.map(d -> Hex.encodeHexString(d.digest()));
    return new Copied(before, hex, Optional.empty(), unset);
  }

  private interface Commit {
    void run() throws IOException;
  }

  /**
   * Runs a commit.
   *
   * @return the attributes that could not be set; empty if all were set
   */
  private static Optional<AttributesException> unset(Commit commit) throws IOException {
    try {
      commit.run();
      return Optional.empty();
    } catch (AttributesException e) {
      return Optional.of(e);
    }
  }

  /** The result of an upload. Nothing was copied if the source has changed. */
  private record Attempt(boolean isMade, Optional<Copied> copied) {
    static final Attempt NOT_MADE = new Attempt(false, Optional.empty());
    static final Attempt CHANGED = new Attempt(true, Optional.empty());
  }

  /** Lets the destination read the source by itself, if it can. */
  private Attempt upload(
      SourceFile source, Metadata before, Path target, Optional<Metadata> existing)
      throws IOException {
    try {
      Optional<FileWrite> begun =
          destination.upload(target, before, existing, new SourceContent(source, control));
      if (begun.isEmpty()) {
        return Attempt.NOT_MADE;
      }
      try (FileWrite upload = begun.get()) {
        Optional<String> digest = Optional.empty();
        if (algorithm.isPresent()) {
          digest = digestOf(source, before);
          if (digest.isEmpty()) {
            return Attempt.CHANGED;
          }
        } else if (!source.isSame(before)) {
          return Attempt.CHANGED;
        }
        Optional<AttributesException> unset = unset(() -> upload.commit(before));
        return new Attempt(true, Optional.of(new Copied(before, digest, Optional.empty(), unset)));
      }
    } catch (DestinationException | StoppedException e) {
      throw e;
    } catch (IOException e) {
      // If the source changed meanwhile, that is the cause, whatever error the destination gives.
      if (!source.isSame(before)) {
        return Attempt.CHANGED;
      }
      throw e;
    }
  }

  /**
   * Reads a source for its digest alone.
   *
   * @param version what it was when it was compared
   * @return its digest; empty if it is not that version any more
   * @throws SourceException if it is gone or unreadable
   * @throws StoppedException if the run is being stopped
   */
  public Optional<String> digestOf(TreeEntry source, Metadata version) throws IOException {
    return digestOf(new SourceFile(tree, source), version);
  }

  private Optional<String> digestOf(SourceFile source, Metadata version) throws IOException {
    Digested digested;
    try (ReadableByteChannel in = source.open()) {
      digested = digest(in);
    } catch (SourceException | StoppedException e) {
      throw e;
    } catch (IOException e) {
      throw source.failure(e);
    }
    return source.isStill(version, digested.size())
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
   * Reads a channel to its end. Only for a copier that takes digests.
   *
   * @throws StoppedException if the run is being stopped
   */
  public Digested digest(ReadableByteChannel in) throws IOException {
    MessageDigest digest = algorithm.orElseThrow().start();
    long size = 0;
    try (Buffers.Loan loan = buffers.lend()) {
      ByteBuffer buffer = loan.buffer();
      while (in.read(buffer.clear()) >= 0) {
        size += buffer.flip().remaining();
        digest.update(buffer);
        if (size >= Store.SMALL_FILE) {
          // A small file that is in flight is finished, so this is checked only between chunks.
          control.stopIfAsked();
        }
      }
    }
    return new Digested(size, Hex.encodeHexString(digest.digest()));
  }
}
