package dev.mtb.store;

import static dev.mtb.store.Diagnosis.Kind.LASTING;
import static dev.mtb.store.Diagnosis.Kind.OF_THIS_FILE;
import static dev.mtb.store.Diagnosis.Kind.TRANSIENT;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;

/**
 * The errors of Linux (errno(3)) that a destination may meet, and what is done about each.
 *
 * <p>Java tells some by the class of an exception, and the others only by the text of the C
 * library. This class knows the English texts of glibc, musl and macOS. It takes a text in another
 * language for a transient error. Errors that must be noticed in every language (a dead mount, a
 * read-only file system) are not read from the text: the destination asks the system.
 */
public enum Errno {
  EIO(
      TRANSIENT,
      TRANSIENT,
      ImmutableSet.of("Input/output error", "I/O error"),
      "the disk, or the network behind it, fails; the kernel's log (dmesg) tells more",
      "s3fs could not reach the server, or the server answered with an error; the log of s3fs"
          + " (journalctl -t s3fs) tells more"),
  ETIMEDOUT(
      TRANSIENT,
      TRANSIENT,
      ImmutableSet.of("Connection timed out", "Operation timed out"),
      "check the network to the destination",
      "s3fs waited in vain for the server; check the network"),
  ENOTCONN(
      TRANSIENT,
      TRANSIENT,
      ImmutableSet.of(
          "Transport endpoint is not connected", "Socket not connected", "Socket is not connected"),
      "the program that serves this file system has died; mount it again",
      "s3fs has died; mount the bucket again"),
  ECONN(
      TRANSIENT,
      TRANSIENT,
      ImmutableSet.of(
          "Software caused connection abort",
          "Connection reset by peer",
          "Connection aborted",
          "Connection refused",
          "Host is down",
          "No route to host",
          "Host is unreachable",
          "Network is unreachable",
          "Network unreachable"),
      "check the network to the destination",
      "s3fs was cut off from the server; check the network"),
  ESTALE(
      TRANSIENT,
      TRANSIENT,
      ImmutableSet.of("Stale file handle", "Stale NFS file handle"),
      "the server has replaced what was open; if it stays so, mount the file system again",
      "the mount was replaced; mount the bucket again"),
  EAGAIN(
      TRANSIENT,
      ImmutableSet.of("Resource temporarily unavailable", "Try again"),
      "the system is short of something for now; try fewer Concurrency.threads"),
  EBUSY(
      TRANSIENT,
      ImmutableSet.of("Device or resource busy", "Resource busy"),
      "another program is using it, or something is mounted there"),
  EINTR(TRANSIENT, ImmutableSet.of("Interrupted system call"), "run again"),
  ENOMEM(
      TRANSIENT,
      ImmutableSet.of("Cannot allocate memory", "Out of memory"),
      "the machine is short of memory; try fewer Concurrency.threads"),
  EMFILE(
      TRANSIENT,
      ImmutableSet.of("Too many open files", "No file descriptors available"),
      "raise the limit (ulimit -n), or try fewer Concurrency.threads and Concurrency.checkers"),
  ENFILE(
      TRANSIENT,
      ImmutableSet.of("Too many open files in system"),
      "the whole machine has too many files open (sysctl fs.file-max); try fewer"
          + " Concurrency.threads"),
  /** The directory's list is older than the file, or another program writes there, too. */
  EEXIST(
      TRANSIENT, ImmutableSet.of("File exists"), "does another program write to this destination?"),
  ENOSPC(
      LASTING,
      LASTING,
      ImmutableSet.of("No space left on device"),
      "the destination is full; make room there",
      "not the bucket is full, but the local directory in which s3fs keeps what it has not uploaded"
          + " yet; make room in /tmp, or mount with -o tmpdir=FOLDER where there is more, or try"
          + " fewer Concurrency.threads"),
  EDQUOT(
      LASTING,
      LASTING,
      ImmutableSet.of("Disk quota exceeded", "Disc quota exceeded", "Quota exceeded"),
      "the quota of the user that runs MTB is used up; make room, or have it raised",
      "the quota of the user that runs s3fs is used up in the local directory in which it keeps what"
          + " it has not uploaded yet; make room there, or mount with -o tmpdir=FOLDER"),
  EROFS(
      LASTING,
      ImmutableSet.of("Read-only file system"),
      "it is mounted read-only; mount it for writing (mount -o remount,rw), and look in the"
          + " kernel's log (dmesg) why, if it was not meant to be"),
  /** s3fs answers so when the server says 403, and that is the same for most objects. */
  EPERM(
      OF_THIS_FILE,
      LASTING,
      ImmutableSet.of("Operation not permitted"),
      "only its owner or root may do this, the file is protected (chattr), or the file system does"
          + " not know owners and modes",
      "the server does not allow it (403): the credentials of the mount must be right and may need"
          + " s3:PutObject, s3:GetObject and s3:DeleteObject"),
  EACCES(
      OF_THIS_FILE,
      OF_THIS_FILE,
      ImmutableSet.of("Permission denied"),
      "the user that runs MTB must be allowed to write there, and to enter all directories above",
      "the user that runs MTB must be allowed to write there; mount with -o allow_other, or with"
          + " uid=, gid= and umask=, or run MTB as the user that mounted the bucket"),
  /** On S3FS a file may seem to be gone after an error of the server (s3fs issue 2581). */
  ENOENT(
      OF_THIS_FILE,
      TRANSIENT,
      ImmutableSet.of("No such file or directory"),
      "it, or a directory above it, was removed meanwhile; run again",
      "it was there, and S3FS does not find it any more: it takes for absent what the server fails"
          + " to show; run again, and if it stays so, mount the bucket again"),
  ENAMETOOLONG(
      OF_THIS_FILE,
      ImmutableSet.of("File name too long", "Filename too long"),
      "the destination takes no name this long (255 bytes on most file systems, 1,024 bytes for a"
          + " whole key in S3); rename it"),
  EFBIG(
      OF_THIS_FILE, ImmutableSet.of("File too large"), "the destination takes no file this large"),
  EINVAL(
      OF_THIS_FILE,
      ImmutableSet.of("Invalid argument"),
      "the destination does not take this name or size; if it is its name, rename it"),
  EILSEQ(
      OF_THIS_FILE,
      ImmutableSet.of("Invalid or incomplete multibyte or wide character", "Illegal byte sequence"),
      "the destination cannot write this name in its encoding; rename it"),
  EOPNOTSUPP(
      OF_THIS_FILE,
      ImmutableSet.of("Operation not supported", "Not supported"),
      "the destination's file system cannot keep this"),
  ENOTDIR(
      OF_THIS_FILE,
      ImmutableSet.of("Not a directory"),
      "a file stands where a directory should be; run again"),
  EISDIR(
      OF_THIS_FILE,
      ImmutableSet.of("Is a directory"),
      "a directory stands where a file should be; run again"),
  ENOTEMPTY(
      OF_THIS_FILE,
      ImmutableSet.of("Directory not empty"),
      "something was put into the directory that was to be replaced; run again"),
  ELOOP(
      OF_THIS_FILE,
      ImmutableSet.of("Too many levels of symbolic links"),
      "a symbolic link stands in its way at the destination; run again"),
  EMLINK(
      OF_THIS_FILE,
      ImmutableSet.of("Too many links"),
      "the directory there can hold no more directories");

  private final Diagnosis.Kind kind;
  private final Diagnosis.Kind kindOnS3fs;
  private final ImmutableSet<String> texts;
  private final String remedy;
  private final String remedyOnS3fs;

  Errno(Diagnosis.Kind kind, ImmutableSet<String> texts, String remedy) {
    this(kind, kind, texts, remedy, remedy);
  }

  Errno(
      Diagnosis.Kind kind,
      Diagnosis.Kind kindOnS3fs,
      ImmutableSet<String> texts,
      String remedy,
      String remedyOnS3fs) {
    this.kind = kind;
    this.kindOnS3fs = kindOnS3fs;
    this.texts = texts;
    this.remedy = remedy;
    this.remedyOnS3fs = remedyOnS3fs;
  }

  /** Java adds something of its own to this text. */
  private static final String LOOP = "Too many levels of symbolic links";

  private static final ImmutableMap<String, Errno> BY_TEXT = byText();

  private static ImmutableMap<String, Errno> byText() {
    ImmutableMap.Builder<String, Errno> all = ImmutableMap.builder();
    for (Errno errno : values()) {
      errno.texts.forEach(text -> all.put(text, errno));
    }
    return all.buildOrThrow();
  }

  /**
   * Recognises an error.
   *
   * @return empty if it is none of these, or in another language
   */
  public static Optional<Errno> of(IOException failure) {
    if (failure instanceof ReplacedException && failure.getCause() instanceof IOException cause) {
      return of(cause);
    }
    if (failure instanceof AccessDeniedException) {
      return Optional.of(EACCES);
    }
    if (failure instanceof NoSuchFileException) {
      return Optional.of(ENOENT);
    }
    if (failure instanceof FileAlreadyExistsException) {
      return Optional.of(EEXIST);
    }
    if (failure instanceof DirectoryNotEmptyException) {
      return Optional.of(ENOTEMPTY);
    }
    if (failure instanceof NotDirectoryException) {
      return Optional.of(ENOTDIR);
    }
    // FileChannel throws a plain IOException with the text alone.
    String text = failure instanceof FileSystemException e ? e.getReason() : failure.getMessage();
    if (text == null) {
      return Optional.empty();
    }
    return Optional.ofNullable(BY_TEXT.get(text.startsWith(LOOP) ? LOOP : text));
  }

  ImmutableSet<String> texts() {
    return texts;
  }

  Diagnosis.Kind kind(boolean onS3fs) {
    return onS3fs ? kindOnS3fs : kind;
  }

  public String remedy(boolean onS3fs) {
    return onS3fs ? remedyOnS3fs : remedy;
  }
}
