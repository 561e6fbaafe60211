package dev.mtb.place;

import com.google.common.base.Splitter;
import com.google.common.primitives.Longs;
import dev.mtb.model.Metadata;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.mount.S3fsProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the s3fs that serves a mount. Every local user can start a process with any command line,
 * so that only what the kernel says counts: the users of the process, its program, and the FUSE
 * connection that it holds. Immutable.
 */
final class S3fsProcesses {
  private static final Path PROC = Path.of("/proc");

  private static final Path FUSE = Path.of("/dev/fuse");

  private static final String PROGRAM = "s3fs";

  /** The kernel's name for a program whose file was replaced after it was started. */
  private static final String REPLACED_PROGRAM = "s3fs (deleted)";

  /** In {@code fdinfo} of {@code /dev/fuse}, from Linux 6.16 on. */
  private static final String CONNECTION = "fuse_connection:";

  /** Set-user-ID and set-group-ID. Such a program is not controlled by the user who starts it. */
  private static final int SET_ID = 06000;

  /** Write permission for the group and for others. */
  private static final int WRITABLE = 0022;

  private final Path proc;
  private final int ownUser;

  /** Looks in a directory like {@code /proc}, for the user that MTB runs as. */
  S3fsProcesses(Path proc, int ownUser) {
    this.proc = proc;
    this.ownUser = ownUser;
  }

  /** Finds the process that serves a mount. Its doubt says what is not proved. */
  static S3fsProcess serving(Mount mount) {
    return new S3fsProcesses(PROC, ProcessIdentity.read().uid()).find(mount);
  }

  /**
   * A process that may serve the mount.
   *
   * @param directory in {@code /proc}
   * @param words of its command line
   * @param line the same
   * @param isSeen whether its program and its open files could be looked at
   * @param connections that it holds, as far as the kernel tells them
   */
  private record Candidate(
      Path directory,
      List<String> words,
      S3fsProcess.CommandLine line,
      boolean isSeen,
      Set<Long> connections) {}

  S3fsProcess find(Mount mount) {
    List<Candidate> candidates = candidates(mount);
    // If the kernel tells the connection of one process, it tells those of all.
    boolean isTold = candidates.stream().anyMatch(c -> !c.connections().isEmpty());
    List<Candidate> found =
        candidates.stream()
            .filter(
                c ->
                    isTold
                        ? c.connections().contains(mount.device())
                        : c.line().names(Path.of("/"), mount.point()))
            .toList();
    if (found.isEmpty()) {
      return S3fsProcess.UNKNOWN;
    }
    Candidate first = found.get(0);
    // A process that has just forked appears twice, and both have the same connection.
    boolean isOne =
        found.size() == 1
            || (isTold && found.stream().allMatch(c -> c.words().equals(first.words())));
    if (!isOne) {
      return S3fsProcess.unknown(
          "it cannot be told which of the processes "
              + String.join(
                  ", ", found.stream().map(c -> c.directory().getFileName().toString()).toList())
              + " serves it: an earlier mount of the same place may have left one behind; end"
              + " that");
    }
    return first.line().process().with(first.directory().resolve("exe"), doubt(first, mount));
  }

  private Optional<String> doubt(Candidate candidate, Mount mount) {
    if (mount.user() != ownUser) {
      return Optional.of(
          "it was mounted by the user "
              + mount.user()
              + ", and MTB takes no bucket and no credentials from another user than its own ("
              + ownUser
              + ")");
    }
    return candidate.isSeen()
        ? Optional.empty()
        : Optional.of("its s3fs process cannot be examined by this user");
  }

  private List<Candidate> candidates(Mount mount) {
    List<Candidate> candidates = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path process : processes) {
        candidate(process, mount).ifPresent(candidates::add);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // There is no /proc. Then the mount's options are not known, and the defaults are assumed.
    }
    return candidates;
  }

  private static Optional<Candidate> candidate(Path process, Mount mount) {
    try {
      List<String> words = commandLine(process);
      if (!Path.of(words.get(0)).endsWith(PROGRAM) || !runsAs(process, mount.user())) {
        return Optional.empty();
      }
      boolean isSeen = Files.isReadable(process.resolve("fd"));
      Set<Long> connections = new HashSet<>();
      if (isSeen && !(isS3fs(process, mount.user()) && holdsFuse(process, connections))) {
        return Optional.empty();
      }
      // The process may have ended, and another one may have its number now.
      return commandLine(process).equals(words)
          ? Optional.of(
              new Candidate(process, words, S3fsProcess.parse(words), isSeen, connections))
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      // The process has ended, or belongs to another user.
      return Optional.empty();
    }
  }

  private static List<String> commandLine(Path process) throws IOException {
    return Splitter.on('\0').splitToList(read(process.resolve("cmdline")));
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  /** Whether all users of a process (real, effective, saved, file system) are a certain one. */
  private static boolean runsAs(Path process, int user) throws IOException {
    List<String> ids =
        read(process.resolve("status"))
            .lines()
            .filter(line -> line.startsWith("Uid:"))
            .flatMap(line -> Splitter.onPattern("\\s+").splitToStream(line).skip(1))
            .toList();
    return !ids.isEmpty() && ids.stream().allMatch(id -> id.equals(Integer.toString(user)));
  }

  /**
   * Whether its program is an s3fs that only root or the user of the mount can have put there. This
   * checks the file that runs, since another file may have its name now.
   */
  private static boolean isS3fs(Path process, int user) throws IOException {
    Path exe = process.resolve("exe");
    String name = Files.readSymbolicLink(exe).getFileName().toString();
    Metadata program = Metadata.following(exe);
    return (name.equals(PROGRAM) || name.equals(REPLACED_PROGRAM))
        && (program.uid() == 0 || program.uid() == user)
        && (program.mode() & (SET_ID | WRITABLE)) == 0;
  }

  /** Whether it has the device open through which s3fs serves its mount. */
  private static boolean holdsFuse(Path process, Set<Long> connections) throws IOException {
    boolean holds = false;
    try (DirectoryStream<Path> open = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : open) {
        if (leadsToFuse(descriptor)) {
          holds = true;
          read(process.resolve("fdinfo").resolve(descriptor.getFileName().toString()))
              .lines()
              .filter(line -> line.startsWith(CONNECTION))
              .map(line -> Longs.tryParse(line.substring(CONNECTION.length()).strip()))
              .filter(Objects::nonNull)
              .forEach(connections::add);
        }
      }
    }
    return holds;
  }

  private static boolean leadsToFuse(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).equals(FUSE);
    } catch (NoSuchFileException e) {
      // Closed meanwhile.
      return false;
    }
  }
}
