package dev.mtb.model;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is known of one file, directory or link without reading it.
 *
 * @param kind what it is
 * @param size in bytes; for a link the length of its target; of no meaning for a directory
 * @param mtime time of last modification, as precise as the file system tells
 * @param mode permission bits including set-user-ID, set-group-ID and sticky (0 to 07777), or
 *     {@link #UNKNOWN} where the file system has none
 * @param uid numeric owner, or {@link #UNKNOWN}
 * @param gid numeric group, or {@link #UNKNOWN}
 * @param device number of the file system it is on, or {@link #UNKNOWN}
 * @param inode number within the device, or {@link #UNKNOWN}
 * @param ctime time of the last change of anything about it, which no program can set (inode(7));
 *     empty where the file system has none
 * @param version what its store calls this state of its content, such as the ETag of an object;
 *     empty where there is no such name
 */
public record Metadata(
    Kind kind,
    long size,
    Instant mtime,
    int mode,
    int uid,
    int gid,
    long device,
    long inode,
    Optional<Instant> ctime,
    Optional<String> version) {

  /** Stands for a value that the file system does not have. */
  public static final int UNKNOWN = -1;

  /** Stands for an mtime that is not to be kept. */
  public static final Instant UNKNOWN_TIME = Instant.MIN;

  private static final String UNIX =
      "unix:mode,uid,gid,dev,ino,size,lastModifiedTime,ctime,fileKey";

  /** Of jimfs and others, whose mode does not tell the kind. */
  private static final String UNIX_AND_KIND = UNIX + ",isRegularFile,isDirectory,isSymbolicLink";

  private static final int PERMISSION_BITS = 07777;

  /** What the kernel puts above the permission bits (inode(7)). */
  private static final int KIND_BITS = 0170000;

  private static final int DIRECTORY_BITS = 0040000;
  private static final int FILE_BITS = 0100000;
  private static final int LINK_BITS = 0120000;

  private static final ImmutableMap<PosixFilePermission, Integer> BITS =
      ImmutableMap.of(
          PosixFilePermission.OWNER_READ, 0400,
          PosixFilePermission.OWNER_WRITE, 0200,
          PosixFilePermission.OWNER_EXECUTE, 0100,
          PosixFilePermission.GROUP_READ, 0040,
          PosixFilePermission.GROUP_WRITE, 0020,
          PosixFilePermission.GROUP_EXECUTE, 0010,
          PosixFilePermission.OTHERS_READ, 0004,
          PosixFilePermission.OTHERS_WRITE, 0002,
          PosixFilePermission.OTHERS_EXECUTE, 0001);

  /** NIO's permissions by mode: they are asked for with each new file. */
  private static final Map<Integer, ImmutableSet<PosixFilePermission>> PERMISSIONS =
      new ConcurrentHashMap<>();

  /** Checks that nothing is null. */
  public Metadata {
    requireNonNull(kind);
    requireNonNull(mtime);
    requireNonNull(ctime);
    requireNonNull(version);
  }

  /** The same without a version. */
  public Metadata(
      Kind kind,
      long size,
      Instant mtime,
      int mode,
      int uid,
      int gid,
      long device,
      long inode,
      Optional<Instant> ctime) {
    this(kind, size, mtime, mode, uid, gid, device, inode, ctime, Optional.empty());
  }

  /** The same without a ctime. */
  public Metadata(
      Kind kind, long size, Instant mtime, int mode, int uid, int gid, long device, long inode) {
    this(kind, size, mtime, mode, uid, gid, device, inode, Optional.empty());
  }

  /** An entry of which only kind and size are known: the mtime is the earliest. */
  public static Metadata known(Kind kind, long size) {
    return new Metadata(kind, size, Instant.EPOCH, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);
  }

  /**
   * Reads the metadata of {@code path}, on any file system, with one system call. A symbolic link
   * is not followed.
   */
  public static Metadata of(Path path) throws IOException {
    return reading(path).metadata;
  }

  /** The same, with what tells the file from all others. */
  public static Reading reading(Path path) throws IOException {
    return read(path, NOFOLLOW_LINKS);
  }

  /**
   * What one system call tells.
   *
   * @param fileKey as {@link BasicFileAttributes#fileKey()}; null where the file system has none
   */
  public record Reading(Metadata metadata, Object fileKey) {
    /** The metadata, if it is that of a certain file; else empty. */
    public Optional<Metadata> ifOf(Object key) {
      return Objects.equals(fileKey, key) ? Optional.of(metadata) : Optional.empty();
    }
  }

  /** Reads the metadata of what {@code path} leads to, through symbolic links if need be. */
  public static Metadata following(Path path) throws IOException {
    return read(path).metadata;
  }

  private static Reading read(Path path, LinkOption... options) throws IOException {
    FileSystem fileSystem = path.getFileSystem();
    Set<String> views = fileSystem.supportedFileAttributeViews();
    if (views.contains("unix")) {
      boolean isOfKernel = fileSystem == FileSystems.getDefault();
      Map<String, Object> unix =
          Files.readAttributes(path, isOfKernel ? UNIX : UNIX_AND_KIND, options);
      int mode = (Integer) unix.get("mode");
      Metadata metadata =
          new Metadata(
              isOfKernel ? kind(mode) : kind(unix),
              (Long) unix.get("size"),
              ((FileTime) unix.get("lastModifiedTime")).toInstant(),
              mode & PERMISSION_BITS,
              (Integer) unix.get("uid"),
              (Integer) unix.get("gid"),
              ((Number) unix.get("dev")).longValue(),
              ((Number) unix.get("ino")).longValue(),
              // jimfs has an attribute of that name that is something else.
              isOfKernel
                  ? Optional.of(((FileTime) unix.get("ctime")).toInstant())
                  : Optional.empty());
      return new Reading(metadata, unix.get("fileKey"));
    }
    if (views.contains("posix")) {
      PosixFileAttributes posix = Files.readAttributes(path, PosixFileAttributes.class, options);
      return basic(posix, mode(posix.permissions()));
    }
    return basic(Files.readAttributes(path, BasicFileAttributes.class, options), UNKNOWN);
  }

  private static Kind kind(int mode) {
    return switch (mode & KIND_BITS) {
      case FILE_BITS -> Kind.FILE;
      case DIRECTORY_BITS -> Kind.DIRECTORY;
      case LINK_BITS -> Kind.LINK;
      default -> Kind.SPECIAL;
    };
  }

  private static Kind kind(Map<String, Object> unix) {
    return kind(
        (Boolean) unix.get("isRegularFile"),
        (Boolean) unix.get("isDirectory"),
        (Boolean) unix.get("isSymbolicLink"));
  }

  private static Reading basic(BasicFileAttributes attributes, int mode) {
    Kind kind =
        kind(attributes.isRegularFile(), attributes.isDirectory(), attributes.isSymbolicLink());
    Instant mtime = attributes.lastModifiedTime().toInstant();
    return new Reading(
        known(kind, attributes.size()).withMode(mode).withMtime(mtime), attributes.fileKey());
  }

  private static Kind kind(boolean file, boolean directory, boolean link) {
    if (file) {
      return Kind.FILE;
    }
    if (directory) {
      return Kind.DIRECTORY;
    }
    return link ? Kind.LINK : Kind.SPECIAL;
  }

  private static int mode(Set<PosixFilePermission> permissions) {
    int mode = 0;
    for (PosixFilePermission permission : permissions) {
      mode |= BITS.get(permission);
    }
    return mode;
  }

  /** Turns permission bits into NIO's permissions; those above 0777 have no counterpart. */
  public static Set<PosixFilePermission> permissions(int mode) {
    return PERMISSIONS.computeIfAbsent(
        mode & 0777,
        bits -> Sets.immutableEnumSet(Maps.filterValues(BITS, bit -> (bits & bit) != 0).keySet()));
  }

  /**
   * Tells whether this and {@code other} are the same file or directory, whatever has changed in
   * it; false also if the file system has no identities.
   */
  public boolean isSameFile(Metadata other) {
    return inode != UNKNOWN && inode == other.inode && device == other.device && kind == other.kind;
  }

  /**
   * Tells whether this and {@code other}, taken at another time from the same path, describe the
   * same state of the same file, as far as can be seen without reading it: kind, size, mtime, ctime
   * and identity.
   */
  public boolean sameVersion(Metadata other) {
    return kind == other.kind
        && size == other.size
        && inode == other.inode
        && device == other.device
        && mtime.equals(other.mtime)
        && ctime.equals(other.ctime);
  }

  /** The same with other permission bits. */
  public Metadata withMode(int bits) {
    return new Metadata(kind, size, mtime, bits, uid, gid, device, inode, ctime, version);
  }

  /** The same with another time of modification. */
  public Metadata withMtime(Instant time) {
    return new Metadata(kind, size, time, mode, uid, gid, device, inode, ctime, version);
  }

  /** The same with another name of the state of its content. */
  public Metadata withVersion(Optional<String> name) {
    return new Metadata(kind, size, mtime, mode, uid, gid, device, inode, ctime, name);
  }
}
