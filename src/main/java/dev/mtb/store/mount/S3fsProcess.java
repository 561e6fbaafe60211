package dev.mtb.store.mount;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The s3fs that serves a mount, as its command line shows it ({@code /proc/PID/cmdline}). {@code
 * S3fsProcesses} finds it.
 *
 * @param options what stands after {@code -o}, split at commas
 * @param bucket what stands before the mount point; empty if it is among the options
 * @param flags words that begin with a dash, other than {@code -o}
 * @param program the s3fs program, if it is known
 * @param doubt why it is not proved that this process serves the mount for the user that MTB runs
 *     as. Then MTB does not trust its command line, and does not go directly to the bucket. Empty
 *     if it is proved.
 */
public record S3fsProcess(
    ImmutableList<String> options,
    Optional<String> bucket,
    ImmutableList<String> flags,
    Optional<Path> program,
    Optional<String> doubt) {
  /** A mount whose process cannot be seen: it belongs to another user, or there is no /proc. */
  public static final S3fsProcess UNKNOWN = unknown("its s3fs process is not visible to this user");

  /**
   * From this version on, s3fs remembers absent names and does not look for directories of other
   * clients.
   */
  private static final String FRUGAL_DEFAULTS = "1.92";

  /**
   * Versions that delete an object with the name of a directory that they change (s3fs issue 2932).
   */
  private static final ImmutableSet<String> STRAY_DELETES = ImmutableSet.of("1.96", "1.97");

  /** Options that make s3fs, or the kernel, keep the content of closed files. */
  private static final ImmutableList<String> READ_FROM_MEMORY =
      ImmutableList.of("use_cache", "kernel_cache", "auto_cache");

  /** The program holds its version as a string of its own, such as {@code 1.90}. */
  private static final Pattern VERSION = Pattern.compile("\0(1[.][0-9]{2})\0");

  /** Searches the program file for its version; takes some milliseconds. */
  public Optional<String> version() {
    return program.flatMap(
        path -> {
          try {
            return versionIn(Files.readAllBytes(path));
          } catch (IOException e) {
            return Optional.empty();
          }
        });
  }

  static Optional<String> versionIn(byte[] program) {
    Matcher matcher = VERSION.matcher(new String(program, ISO_8859_1));
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /**
   * A process of which nothing is known.
   *
   * @param doubt why
   */
  public static S3fsProcess unknown(String doubt) {
    return new S3fsProcess(
        ImmutableList.of(),
        Optional.empty(),
        ImmutableList.of(),
        Optional.empty(),
        Optional.of(doubt));
  }

  public boolean isKnown() {
    return bucket.isPresent() || !options.isEmpty() || program.isPresent();
  }

  public S3fsProcess with(Path itsProgram, Optional<String> itsDoubt) {
    return new S3fsProcess(options, bucket, flags, Optional.of(itsProgram), itsDoubt);
  }

  /**
   * A parsed command line.
   *
   * @param process that it describes
   * @param mountPoint as it is written there; empty if there is none
   */
  public record CommandLine(S3fsProcess process, String mountPoint) {
    /** Whether the mount point is a certain one. */
    public boolean names(Path directory, Path point) {
      Path path = path(mountPoint, directory).normalize();
      // A daemon has changed its directory, so a relative name cannot be resolved. The end of the
      // path is compared.
      return path.equals(point)
          || (!mountPoint.startsWith("/")
              && path.getNameCount() > 0
              && point.endsWith(path.getRoot().relativize(path)));
    }
  }

  public static Optional<S3fsProcess> parse(List<String> words, Path directory, Path mountPoint) {
    CommandLine line = parse(words);
    return line.names(directory, mountPoint) ? Optional.of(line.process()) : Optional.empty();
  }

  public static CommandLine parse(List<String> words) {
    List<String> places = new ArrayList<>();
    ImmutableList.Builder<String> options = ImmutableList.builder();
    ImmutableList.Builder<String> flags = ImmutableList.builder();
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (word.startsWith("-o")) {
        boolean isApart = word.length() == 2 && i + 1 < words.size();
        options.addAll(Splitter.on(',').split(isApart ? words.get(++i) : word.substring(2)));
      } else if (word.startsWith("-")) {
        flags.add(word);
      } else if (!word.isEmpty()) {
        places.add(word);
      }
    }
    int count = places.size();
    // The bucket may stand before the mount point, or among the options. In its own command line
    // s3fs 1.90 makes two words of bucket:/prefix (strtok).
    boolean isSplit = count > 2 && places.get(count - 2).startsWith("/");
    Optional<String> bucket =
        count < 2
            ? Optional.empty()
            : Optional.of((isSplit ? places.get(count - 3) + ":" : "") + places.get(count - 2));
    S3fsProcess process =
        new S3fsProcess(options.build(), bucket, flags.build(), Optional.empty(), Optional.empty());
    return new CommandLine(process, count == 0 ? "" : places.get(count - 1));
  }

  /**
   * Sentences on how to mount better and what that saves. The figures are those of {@code s3fs.md}.
   */
  public List<String> advice() {
    if (!isKnown()) {
      return List.of();
    }
    List<String> advice = new ArrayList<>();
    Optional<String> version = version();
    List<String> missing =
        Stream.of("enable_noobj_cache", "notsup_compat_dir").filter(o -> !has(o)).toList();
    if (version.orElse("").compareTo(FRUGAL_DEFAULTS) < 0 && !missing.isEmpty()) {
      advice.add(
          "this s3fs ("
              + version.orElse("version unknown")
              + ") looks for every new file in four ways, twice: mount with -o "
              + String.join(",", missing)
              + ", and a new file costs 3 requests instead of 9 (leave it if other clients than"
              + " s3fs make directories in this bucket)");
    }
    if (version.filter(STRAY_DELETES::contains).isPresent()) {
      advice.add(
          "this s3fs ("
              + version.get()
              + ") deletes an object NAME when the time of a directory NAME/ is set (s3fs issue"
              + " 2932): let MTB go straight to the bucket if other clients write there");
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

  /**
   * Why a file that was just written is not read back from the bucket; empty if it is read from
   * there.
   */
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

  /** The value of an option of the form {@code name=value}. As in s3fs, the last one counts. */
  public Optional<String> value(String option) {
    return options.stream()
        .filter(given -> given.startsWith(option + "="))
        .reduce((first, last) -> last)
        .map(given -> given.substring(option.length() + 1));
  }

  /** The URL of the server; empty for Amazon's. */
  public Optional<String> url() {
    return value("url").or(() -> value("host"));
  }

  /** The path that a word of the command line means; a relative one starts from a directory. */
  public static Path path(String word, Path directory) {
    // Each character of the word stands for one byte.
    return PathBytes.resolve(directory, word.getBytes(ISO_8859_1));
  }

  public boolean has(String option) {
    return options.stream()
        .anyMatch(given -> given.equals(option) || given.startsWith(option + "="));
  }
}
