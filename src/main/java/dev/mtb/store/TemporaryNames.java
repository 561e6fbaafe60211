package dev.mtb.store;

import com.google.common.base.Splitter;
import com.google.common.hash.Hashing;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of files that are not complete yet. Each name tells which process wrote the file. So a
 * later run can delete the files of a killed run, and keep the files that a running one is writing.
 *
 * <p>They are short and do not hold the file's own name, which may have all of the 255 bytes that
 * Linux allows. Thread-safe.
 */
public final class TemporaryNames {
  private static final Pattern PATTERN =
      Pattern.compile(
          "\\.mtb-tmp\\.([0-9a-f]{8})-([0-9]{1,10})-([0-9a-f]{1,16})\\.[0-9a-f]{1,16}"
              + "(?:\u00e9|e\u0301)?");

  private static final Pattern HIDDEN_BY_FUSE = Pattern.compile("\\.fuse_hidden[0-9a-f]{16}");

  /**
   * A letter that may follow a temporary name, to find out how a place handles letters with
   * accents.
   */
  public static final String ACCENT = "\u00e9";

  /**
   * If MTB cannot find out whether the writer still runs (on another machine), it takes a file this
   * old for abandoned.
   */
  private static final Duration FOREIGN_LIFETIME = Duration.ofDays(1);

  /** Number of the field starttime (proc(5)), counted from the third. */
  private static final int START_TIME = 22 - 3;

  private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");

  private static final String PREFIX = ".mtb-tmp.";

  /**
   * The values of this process. They are computed when the first temporary file is made, since a
   * run that copies nothing needs none.
   */
  private static final class Own {
    static final AtomicLong COUNTER = new AtomicLong();
    static final String HOST = host();
    static final String PROCESS =
        HOST
            + "-"
            + ProcessHandle.current().pid()
            + "-"
            + Long.toHexString(started(ProcessHandle.current()));
  }

  private TemporaryNames() {}

  /**
   * A new one.
   *
   * @return never the same
   */
  public static String next() {
    return PREFIX + Own.PROCESS + "." + Long.toHexString(Own.COUNTER.incrementAndGet());
  }

  /**
   * Tells whether a file is a temporary file of MTB.
   *
   * @param name a single name
   * @return whether it has the form of a temporary name
   */
  public static boolean isTemporary(Path name) {
    return name.toString().startsWith(PREFIX) && PATTERN.matcher(PathBytes.toText(name)).matches();
  }

  /**
   * Tells whether a file is not worth a copy: a temporary file, or a deleted file that FUSE keeps
   * while a process has it open ({@code hide_node}, fuse.c).
   *
   * @param name a single name
   * @return whether it is left out of backups and restores
   */
  public static boolean isStale(Path name) {
    return isTemporary(name) || HIDDEN_BY_FUSE.matcher(name.toString()).matches();
  }

  /**
   * Tells whether no run will finish a temporary file.
   *
   * @param name a single name
   * @param mtime asked only where the writer is a process of another machine
   * @param now the present
   * @return whether it may be removed
   * @throws IOException if the mtime cannot be read
   */
  public static boolean isAbandoned(Path name, MtimeReader mtime, Instant now) throws IOException {
    Matcher matcher = PATTERN.matcher(PathBytes.toText(name));
    if (!matcher.matches()) {
      return false;
    }
    if (!matcher.group(1).equals(Own.HOST)) {
      // The subtraction is from the present, since a subtraction from an extreme mtime would
      // overflow.
      return mtime.read().isBefore(now.minus(FOREIGN_LIFETIME));
    }
    Optional<ProcessHandle> writer = ProcessHandle.of(Long.parseLong(matcher.group(2)));
    return writer.isEmpty()
        || started(writer.get()) != Long.parseUnsignedLong(matcher.group(3), 16);
  }

  /** Reads the time of modification of the file in question. */
  public interface MtimeReader {
    Instant read() throws IOException;
  }

  /** When a process started, in the kernel's own ticks since boot: no clock can shift it. */
  static long started(ProcessHandle process) {
    try {
      String stat =
          Files.readString(
              Path.of("/proc", Long.toString(process.pid()), "stat"), StandardCharsets.ISO_8859_1);
      // The second field is the program's name, in brackets, and may hold anything.
      List<String> fields = Splitter.on(' ').splitToList(stat.substring(stat.lastIndexOf(')') + 2));
      return Long.parseLong(fields.get(START_TIME));
    } catch (IOException | RuntimeException e) {
      // Not Linux, or it has just ended.
      return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }
  }

  private static String host() {
    return Hashing.murmur3_32_fixed().hashString(hostname(), StandardCharsets.UTF_8).toString();
  }

  /**
   * The name of this machine, as the kernel has it.
   *
   * @return with the newline at its end
   */
  public static String hostname() {
    try {
      // The JDK's method may send a request to a name server.
      return Files.readString(HOSTNAME, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "localhost";
    }
  }
}
