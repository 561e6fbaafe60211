package dev.mtb.store.mount;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The s3fs that serves a mount, as its command line shows it ({@code /proc/PID/cmdline}). {@code
 * S3fsProcesses} finds it.
 *
 * @param options what stands after {@code -o}, split at commas
 * @param bucket what stands before the mount point; empty if it is among the options
 * @param flags words that begin with a dash, other than {@code -o}
 * @param program the s3fs program, if it is known
 * @param doubt why it is not proved that this process serves the mount for the user that MTB runs
 *     as; then nothing goes past the mount on the word of the command line. Empty if it is proved.
 */
public record S3fsProcess(
    ImmutableList<String> options,
    Optional<String> bucket,
    ImmutableList<String> flags,
    Optional<Path> program,
    Optional<String> doubt) {
  /** A mount whose process cannot be seen: it belongs to another user, or there is no /proc. */
  public static final S3fsProcess UNKNOWN = unknown("its s3fs process is not visible to this user");

  /** From here on s3fs remembers absent names and leaves out the directories of other clients. */
  private static final Version FRUGAL_DEFAULTS = new Version(1, 92);

  /** Options that make s3fs, or the kernel, keep the content of closed files. */
  private static final ImmutableList<String> READ_FROM_MEMORY =
      ImmutableList.of("use_cache", "kernel_cache", "auto_cache");

  /** The program holds its version as a string of its own, such as {@code 1.90}. */
  private static final int VERSION_LENGTH = 4;

  /**
   * A version of s3fs.
   *
   * @param major before the dot
   * @param minor behind it
   */
  public record Version(int major, int minor) implements Comparable<Version> {
    @Override
    public int compareTo(Version other) {
      return major != other.major
          ? Integer.compare(major, other.major)
          : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  /** Looks into the program for its version; takes some milliseconds. */
  public Optional<Version> version() {
    return program.flatMap(
        path -> {
          try {
            return versionIn(Files.readAllBytes(path));
          } catch (IOException e) {
            return Optional.empty();
          }
        });
  }

  static Optional<Version> versionIn(byte[] program) {
    for (int i = 1; i + VERSION_LENGTH < program.length; i++) {
      if (program[i] == '1'
          && program[i + 1] == '.'
          && program[i - 1] == 0
          && program[i + VERSION_LENGTH] == 0
          && isDigit(program[i + 2])
          && isDigit(program[i + 3])) {
        return Optional.of(new Version(1, 10 * (program[i + 2] - '0') + program[i + 3] - '0'));
      }
    }
    return Optional.empty();
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** A process of which nothing is known, and why. */
  public static S3fsProcess unknown(String doubt) {
    return new S3fsProcess(
        ImmutableList.of(),
        Optional.empty(),
        ImmutableList.of(),
        Optional.empty(),
        Optional.of(doubt));
  }

  /** Whether anything is known of it. */
  public boolean isKnown() {
    return bucket.isPresent() || !options.isEmpty() || program.isPresent();
  }

  public S3fsProcess with(Path itsProgram, Optional<String> itsDoubt) {
    return new S3fsProcess(options, bucket, flags, Optional.of(itsProgram), itsDoubt);
  }

  /**
   * What a command line says.
   *
   * @param process as it says
   * @param mountPoint as it is written there; empty if there is none
   */
  public record CommandLine(S3fsProcess process, String mountPoint) {
    /** Whether the mount point is a certain one. */
    public boolean names(Path directory, Path point) {
      byte[] bytes = mountPoint.getBytes(StandardCharsets.ISO_8859_1);
      Path path = PathBytes.resolve(directory, bytes).normalize();
      // A daemon has left the directory that a relative name starts from, so the end must do.
      return path.equals(point) || (!mountPoint.startsWith("/") && endsWith(point, path));
    }
  }

  public static Optional<S3fsProcess> parse(List<String> words, Path directory, Path mountPoint) {
    CommandLine line = parse(words);
    return line.names(directory, mountPoint) ? Optional.of(line.process()) : Optional.empty();
  }

  public static CommandLine parse(List<String> words) {
    List<String> places = new ArrayList<>();
    List<String> options = new ArrayList<>();
    List<String> flags = new ArrayList<>();
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (word.equals("-o") && i + 1 < words.size()) {
        i++;
        Splitter.on(',').split(words.get(i)).forEach(options::add);
      } else if (word.startsWith("-o")) {
        Splitter.on(',').split(word.substring(2)).forEach(options::add);
      } else if (word.startsWith("-")) {
        flags.add(word);
      } else if (!word.isEmpty()) {
        places.add(word);
      }
    }
    int count = places.size();
    // The bucket may stand before the mount point, or among the options. Of bucket:/prefix s3fs
    // 1.90
    // makes two words in its own command line (strtok).
    boolean isSplit = count > 2 && places.get(count - 2).startsWith("/");
    Optional<String> bucket =
        count < 2
            ? Optional.empty()
            : Optional.of((isSplit ? places.get(count - 3) + ":" : "") + places.get(count - 2));
    return new CommandLine(
        new S3fsProcess(
            ImmutableList.copyOf(options),
            bucket,
            ImmutableList.copyOf(flags),
            Optional.empty(),
            Optional.empty()),
        count == 0 ? "" : places.get(count - 1));
  }

  private static boolean endsWith(Path mountPoint, Path absolute) {
    return absolute.getNameCount() > 0
        && mountPoint.endsWith(absolute.getRoot().relativize(absolute));
  }

  /**
   * What a better mount would be, and what it would save. The figures are those of {@code s3fs.md}.
   */
  public List<String> advice() {
    if (!isKnown()) {
      return List.of();
    }
    List<String> advice = new ArrayList<>();
    Optional<Version> version = version();
    boolean isFrugal = version.isPresent() && version.get().compareTo(FRUGAL_DEFAULTS) >= 0;
    List<String> missing = new ArrayList<>();
    for (String option : List.of("enable_noobj_cache", "notsup_compat_dir")) {
      if (!isFrugal && !has(option)) {
        missing.add(option);
      }
    }
    if (!missing.isEmpty()) {
      advice.add(
          "this s3fs ("
              + version.map(Version::toString).orElse("version unknown")
              + ") looks for every new file in four ways, twice: mount with -o "
              + String.join(",", missing)
              + ", and a new file costs 3 requests instead of 9 (leave it if other clients than"
              + " s3fs make directories in this bucket)");
    }
    for (String option : List.of("nocopyapi", "nomultipart")) {
      if (has(option)) {
        advice.add(
            "mounted with "
                + option
                + ", s3fs downloads and uploads a whole file for what the server could copy:"
                + " mount without it if the server can");
      }
    }
    return advice;
  }

  /** What keeps a file that was just written from being read back from the bucket. */
  public Optional<String> obstacleToReadingBack() {
    if (!isKnown()) {
      return Optional.of(
          "MTB cannot see how this bucket is mounted ("
              + doubt.orElse("")
              + "): if it is with use_cache, reading back shows what the local cache holds, not"
              + " what the bucket does");
    }
    for (String option : READ_FROM_MEMORY) {
      if (has(option)) {
        return Optional.of(
            "this bucket is mounted with "
                + option
                + ": what MTB reads back after copying comes from this machine, and proves nothing"
                + " of what is in the bucket; mount it without, or let MTB go straight to the"
                + " bucket (Via.BUCKET)");
      }
    }
    return Optional.empty();
  }

  /** The value of an option of the form {@code name=value}; of the last, as s3fs takes it. */
  public Optional<String> value(String option) {
    Optional<String> value = Optional.empty();
    for (String given : options) {
      if (given.startsWith(option + "=")) {
        value = Optional.of(given.substring(option.length() + 1));
      }
    }
    return value;
  }

  public boolean has(String option) {
    return options.stream()
        .anyMatch(given -> given.equals(option) || given.startsWith(option + "="));
  }
}
