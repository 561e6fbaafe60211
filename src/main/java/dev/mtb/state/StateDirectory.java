package dev.mtb.state;

import com.google.common.base.Strings;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Shard;
import dev.mtb.store.ProcessIdentity;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory in which MTB keeps, for each user, what it must know from run to run. Stateless.
 *
 * <p>It is for its owner only: if another user can open a file for reading, this user can lock it,
 * and what MTB remembers decides what it copies. A directory that was named for it ({@code
 * MTB_STATE_DIR}) keeps its mode: users who share it make it writable for their group, and MTB
 * makes its files there so, too, except for catalogs.
 */
public final class StateDirectory {
  private static final Logger log = LoggerFactory.getLogger(StateDirectory.class);

  /** Where programs of the system keep what must survive a restart (file-hierarchy(7)). */
  private static final Path OF_SYSTEM = Path.of("/var/lib/mtb");

  private static final String NAME = "MTB_STATE_DIR";

  private static final int GROUP_WRITE = 0020;
  private static final int OTHERS_WRITE = 0002;
  private static final int OWNER_BITS = 07700;
  private static final int ALL_BITS = 0777;
  private static final int PRIVATE_DIRECTORY = 0700;
  private static final int SHARED_DIRECTORY = 0770;
  private static final int PRIVATE_FILE = 0600;
  private static final int SHARED_FILE = 0660;

  private StateDirectory() {}

  /**
   * The directory that the options or {@code $MTB_STATE_DIR} name; for root that of the system,
   * since cron, systemd and sudo do not agree on the home of root; else that of the XDG
   * specification. It need not exist yet.
   */
  public static Path of(BackupOptions options) {
    return options.stateDirectory().orElseGet(StateDirectory::ofUser);
  }

  /**
   * The directory of the catalogs of buckets: each shard has its own, since only one process at a
   * time can use one.
   */
  public static Path ofCatalogs(BackupOptions options) {
    Shard shard = options.shard();
    return shard.isWhole()
        ? of(options)
        : of(options).resolve("shards").resolve(shard.index() + "-of-" + shard.count());
  }

  private static String environment(String name) {
    return Strings.nullToEmpty(System.getenv(name));
  }

  private static Path ofUser() {
    String own = environment(NAME);
    if (!own.isEmpty()) {
      return Path.of(own);
    }
    if (ProcessIdentity.read().isRoot()) {
      return OF_SYSTEM;
    }
    String xdg = environment("XDG_STATE_HOME");
    return xdg.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".local", "state", "mtb")
        : Path.of(xdg, "mtb");
  }

  /** Makes a run's state directory if it is missing, and makes it private. */
  public static Path prepare(BackupOptions options) throws IOException {
    Path directory = of(options);
    secure(directory, options.stateDirectory().isPresent() || !environment(NAME).isEmpty());
    return directory;
  }

  /**
   * The same for a certain directory.
   *
   * @param isNamed whether the user has named it, and so has decided which users may use it
   */
  static void secure(Path directory, boolean isNamed) throws IOException {
    make(directory);
    if (!isPosix(directory)) {
      return;
    }
    ProcessIdentity process = ProcessIdentity.read();
    Metadata link = Metadata.of(directory);
    Metadata found = Metadata.following(directory);
    if (!isNamed && found.uid() == process.uid()) {
      set(directory.toRealPath(), PRIVATE_DIRECTORY);
    }
    for (int owner : List.of(link.uid(), found.uid())) {
      if (owner != process.uid() && owner != 0) {
        log.warn(
            "the state directory {} belongs to the user {}, who can change what MTB remembers and"
                + " keep backups from starting; set MTB_STATE_DIR to a directory of this user",
            directory,
            owner);
        return;
      }
    }
    if (isNamed && (found.mode() & OTHERS_WRITE) != 0) {
      log.warn(
          "every user can write to the state directory {}, and so change what MTB remembers and"
              + " keep backups from starting; chmod o-w it",
          directory);
    }
  }

  /**
   * Makes a directory of the state that only its owner can use, with what is missing above it. A
   * directory that exists is left as it is.
   */
  public static void make(Path directory) throws IOException {
    make(directory, PRIVATE_DIRECTORY);
  }

  /** Makes a directory in the state directory for all users of the state directory. */
  public static Path makeIn(Path state, String name) throws IOException {
    Path directory = state.resolve(name);
    make(directory, isShared(state) ? SHARED_DIRECTORY : PRIVATE_DIRECTORY);
    return directory;
  }

  private static void make(Path directory, int mode) throws IOException {
    Path absolute = directory.toAbsolutePath();
    if (Files.isDirectory(absolute)) {
      return;
    }
    Path parent = absolute.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try {
      Files.createDirectory(absolute, attributes(absolute, PRIVATE_DIRECTORY));
      set(absolute, mode);
    } catch (FileAlreadyExistsException e) {
      // Another process has made it meanwhile.
      if (!Files.isDirectory(absolute)) {
        throw e;
      }
    }
  }

  /**
   * Makes a file of the state that only its owner can use, if it does not exist. If it exists,
   * other users lose the rights that an earlier version gave them.
   */
  public static void makeFile(Path file) throws IOException {
    makeFile(file, PRIVATE_FILE);
  }

  /** The same, for all users of its directory. */
  public static void makeSharedFile(Path file) throws IOException {
    makeFile(file, isShared(file.getParent()) ? SHARED_FILE : PRIVATE_FILE);
  }

  /** Replaces a file of the state at once: a reader finds the old one or the new one. */
  public static void replace(Path file, byte[] content) throws IOException {
    Path temporary = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".tmp");
    try {
      makeSharedFile(temporary);
      Files.write(temporary, content);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void makeFile(Path file, int mode) throws IOException {
    try {
      // The file gets its mode when it is made. If another user opened it before the mode is set,
      // the user would keep access.
      Files.createFile(file, attributes(file, PRIVATE_FILE));
    } catch (FileAlreadyExistsException e) {
      if (!isPosix(file) || Metadata.of(file).uid() != ProcessIdentity.read().uid()) {
        return;
      }
    }
    set(file, mode);
  }

  /** Whether other users than the owner can do anything with a file or directory. */
  public static boolean isOpenToOthers(Path file) throws IOException {
    int mode = Metadata.following(file).mode();
    return mode != Metadata.UNKNOWN && (mode & ~OWNER_BITS) != 0;
  }

  private static boolean isShared(Path directory) throws IOException {
    int mode = Metadata.following(directory).mode();
    return mode != Metadata.UNKNOWN && (mode & GROUP_WRITE) != 0;
  }

  /** Sets also the bits that the umask has removed. */
  private static void set(Path file, int mode) throws IOException {
    int found = Metadata.of(file).mode();
    if (found != Metadata.UNKNOWN && (found & ALL_BITS) != mode) {
      Files.setPosixFilePermissions(file, Metadata.permissions(mode));
    }
  }

  private static FileAttribute<?>[] attributes(Path file, int mode) {
    return isPosix(file)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(Metadata.permissions(mode))}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
