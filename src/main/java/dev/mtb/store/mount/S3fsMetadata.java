package dev.mtb.store.mount;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.RefusedException;
import dev.mtb.store.folder.MetadataWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * A writer of metadata on S3FS: it sets by path, while the file is open, all that the upload of the
 * file can carry. Immutable.
 */
final class S3fsMetadata extends MetadataWriter {
  /** An mtime of 0 reads back as the time of the upload (s3fs 1.90, get_mtime). */
  static final Instant EARLIEST = Instant.ofEpochSecond(1);

  /** Set-user-ID, set-group-ID and sticky. */
  private static final int SPECIAL_BITS = 07000;

  /**
   * The number of tries. With growing pauses they take four seconds, and the kernel tells s3fs of a
   * close in milliseconds.
   */
  private static final int SET_TRIES = 20;

  private static final Duration SET_PAUSE = Duration.ofMillis(20);

  S3fsMetadata(Path root, ProcessIdentity process) {
    super(root, process);
  }

  /** The metadata of a new file that this process creates with a mode. */
  Metadata created(Metadata source, int mode) {
    return process.created(source, mode);
  }

  /**
   * Sets what differs from {@code now}, while s3fs has content to upload: it costs no request.
   *
   * <p>Java sets user and group in two calls. While a file is open, s3fs 1.90 takes the half that a
   * call does not change from before the first call (s3fs_chown uses the stat cache, which a
   * pending change does not reach), so only one of them can be set then; the group has to wait.
   */
  void setWhileOpen(Path path, Metadata source, Metadata now, AttributeSetter setter)
      throws DestinationException {
    boolean userDiffers = userDiffers(source, now);
    boolean groupDiffers = groupDiffers(source, now);
    if (userDiffers) {
      setter.set(AttributeSetter.What.OWNER, () -> setUser(path, source));
    } else if (groupDiffers) {
      setter.set(AttributeSetter.What.GROUP, () -> setGroup(path, source));
    }
    // Changing the owner clears the set-user-ID bit.
    boolean isCleared = hasSpecialBits(source) && (userDiffers || groupDiffers);
    if (source.mode() != Metadata.UNKNOWN && (source.mode() != now.mode() || isCleared)) {
      setPermissions(setter, path, source);
    }
    setter.set(AttributeSetter.What.TIME, () -> setMtime(path, source));
  }

  /** Sets what could not be set before. */
  void setAfterClose(Path path, Metadata source, Metadata now, AttributeSetter setter)
      throws DestinationException {
    if (userDiffers(source, now) && groupDiffers(source, now)) {
      setter.set(
          AttributeSetter.What.GROUP,
          () -> persistently(path, source, Metadata::gid, () -> setGroup(path, source)));
      if (hasSpecialBits(source) && setter.isOwned()) {
        setter.set(
            AttributeSetter.What.PERMISSIONS,
            () -> persistently(path, source, Metadata::mode, () -> setMode(path, source.mode())));
      }
    }
  }

  /**
   * Sets an attribute, and repeats this until a look shows it. The kernel tells s3fs of a close
   * only after the call has returned; until then s3fs 1.90 takes the file for one with an upload to
   * come, keeps the change for that, and reports success. The look costs no request: the kernel has
   * the answer from the call itself.
   */
  private static void persistently(
      Path path, Metadata source, ToIntFunction<Metadata> value, AttributeSetter.Setter setter)
      throws IOException {
    for (int attempt = 1; attempt <= SET_TRIES; attempt++) {
      setter.set();
      if (value.applyAsInt(Metadata.of(path)) == value.applyAsInt(source)) {
        return;
      }
      try {
        Thread.sleep(SET_PAUSE.multipliedBy(attempt).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new RefusedException("its owner or mode cannot be set: S3FS does not take it");
  }

  private static boolean hasSpecialBits(Metadata source) {
    return source.mode() != Metadata.UNKNOWN && (source.mode() & SPECIAL_BITS) != 0;
  }

  @Override
  protected Set<Attribute> remainingAfterCreation(Metadata source, Optional<Metadata> made) {
    EnumSet<Attribute> remaining = EnumSet.of(Attribute.MTIME);
    if (!process.is(source.uid(), source.gid())) {
      remaining.add(Attribute.OWNER);
    }
    if (!process.keepsMode(source.mode()) || (source.mode() & 0700) != 0700) {
      remaining.add(Attribute.MODE);
    }
    return remaining;
  }

  /**
   * Sets the mode by path. To open the file for it would cause another flush, and cost requests.
   */
  @Override
  protected void setMode(Path path, int mode) throws IOException {
    Files.setAttribute(path, "unix:mode", mode);
  }

  @Override
  protected void setMtime(Path path, Metadata source) throws IOException {
    if (source.mtime().equals(Metadata.UNKNOWN_TIME)) {
      return;
    }
    Instant mtime = source.mtime().isBefore(EARLIEST) ? EARLIEST : source.mtime();
    if (source.kind() == Kind.LINK) {
      super.setMtime(path, source.withMtime(mtime));
    } else {
      MtimeByPath.set(path, mtime);
    }
  }
}
