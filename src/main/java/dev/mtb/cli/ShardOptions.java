package dev.mtb.cli;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.Shard;
import dev.mtb.scan.ListReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Options that say which part of the work is done here. */
final class ShardOptions {
  /** Schedulers, and the variable with the number of a task. */
  private static final Map<String, String> SCHEDULERS =
      ImmutableMap.of(
          "slurm", "SLURM_ARRAY_TASK_ID",
          "kubernetes", "JOB_COMPLETION_INDEX",
          "aws-batch", "AWS_BATCH_JOB_ARRAY_INDEX");

  /** The number of tasks, for a scheduler that does not tell it. */
  private static final String COUNT = "MTB_SHARD_COUNT";

  private static final Pattern PART = Pattern.compile("([0-9]{1,9})/([0-9]{1,9})");

  private static final Pattern NAMED = Pattern.compile("([a-z-]+)(?:/([0-9]{1,9}))?");

  /** A line of {@code du}: bytes, a blank or a tab, and the path. */
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,18})[ \t](.+)", Pattern.DOTALL);

  private final Map<String, String> environment;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description =
          "Do part I of N, from 1/N to N/N, and leave the others to other machines that see the"
              + " same sources. Or take I and N from the environment of a task: slurm, kubernetes"
              + " (with kubernetes/N or $MTB_SHARD_COUNT), aws-batch, or auto for the one that is"
              + " there.")
  private String shard;

  @Option(
      names = "--shard-sizes",
      paramLabel = "FILE",
      description =
          "Balance the shards by the sizes in this file, which must be the same for all of them:"
              + " bytes and a path on each line, as 'du -S -B1 .' writes them in the base"
              + " directory.")
  private Path sizes;

  ShardOptions() {
    this(System.getenv());
  }

  ShardOptions(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Makes a shard of the options.
   *
   * @param from0 whether entries of the file of sizes end with NUL
   * @throws InvalidJobException if there is any doubt which part is meant
   */
  Shard shard(boolean from0, Path base) {
    if (shard == null) {
      if (sizes != null) {
        throw new InvalidJobException("--shard-sizes is of use only with --shard");
      }
      return Shard.WHOLE;
    }
    Shard.Builder builder = parse(shard);
    if (sizes != null) {
      read(builder, sizes, from0, base.toAbsolutePath().normalize());
    }
    return builder.build();
  }

  /** The file of sizes, if there is one. */
  Optional<Path> sizes() {
    return Optional.ofNullable(sizes);
  }

  private Shard.Builder parse(String text) {
    Matcher part = PART.matcher(text);
    if (part.matches()) {
      return Shard.builder(Integer.parseInt(part.group(1)), Integer.parseInt(part.group(2)));
    }
    Matcher named = NAMED.matcher(text);
    boolean isAuto = named.matches() && named.group(1).equals("auto");
    if (!named.matches() || !(isAuto || SCHEDULERS.containsKey(named.group(1)))) {
      throw new InvalidJobException(
          "--shard %s is neither I/N, such as 2/4, nor one of slurm, kubernetes, aws-batch, auto"
              .formatted(text));
    }
    String scheduler = isAuto ? present() : named.group(1);
    // 0 stands for no number.
    int asked = named.group(2) == null ? 0 : Integer.parseInt(named.group(2));
    return switch (scheduler) {
      case "slurm" -> slurm(asked);
      case "kubernetes" -> kubernetes(asked);
      default -> awsBatch(asked);
    };
  }

  /** The scheduler whose variables are set. */
  private String present() {
    List<String> present =
        SCHEDULERS.keySet().stream()
            .filter(name -> !value(SCHEDULERS.get(name)).isEmpty())
            .toList();
    if (present.isEmpty()) {
      throw new InvalidJobException(
          "--shard auto finds no task of an array: none of %s is set; give --shard I/N"
              .formatted(String.join(", ", SCHEDULERS.values())));
    }
    if (present.size() > 1) {
      throw new InvalidJobException(
          ("--shard auto finds more than one scheduler (%s); name the one that is meant, as in"
                  + " --shard %s")
              .formatted(String.join(", ", present), present.get(0)));
    }
    return present.get(0);
  }

  /** Numbers may begin anywhere and be any step apart, but none may be left out. */
  private Shard.Builder slurm(int asked) {
    int id = number("SLURM_ARRAY_TASK_ID", "slurm");
    int count = number("SLURM_ARRAY_TASK_COUNT", "slurm");
    int least = number("SLURM_ARRAY_TASK_MIN", "slurm");
    int most = number("SLURM_ARRAY_TASK_MAX", "slurm");
    int step = count == 1 ? 1 : (most - least) / (count - 1);
    boolean isEven =
        count >= 1
            && step >= 1
            && least + (long) step * (count - 1) == most
            && (id - least) % step == 0
            && id >= least
            && id <= most;
    if (!isEven) {
      throw new InvalidJobException(
          ("the tasks of the Slurm array are not evenly spaced (task %d, %d of them from %d to %d),"
                  + " so that the shard cannot be told; submit it with --array=1-N, or give --shard"
                  + " I/N")
              .formatted(id, count, least, most));
    }
    return part(1 + (id - least) / step, count, asked, "SLURM_ARRAY_TASK_COUNT", "slurm");
  }

  private Shard.Builder kubernetes(int asked) {
    int index = number("JOB_COMPLETION_INDEX", "kubernetes");
    boolean hasCount = !value(COUNT).isEmpty();
    if (asked == 0 && !hasCount) {
      throw new InvalidJobException(
          ("Kubernetes does not tell a pod how many there are: give --shard kubernetes/N, or set"
                  + " %s, to the completions of the Job")
              .formatted(COUNT));
    }
    int count = hasCount ? number(COUNT, "kubernetes") : asked;
    return part(1 + index, count, asked, COUNT, "kubernetes");
  }

  private Shard.Builder awsBatch(int asked) {
    int index = number("AWS_BATCH_JOB_ARRAY_INDEX", "aws-batch");
    int count = number("AWS_BATCH_JOB_ARRAY_SIZE", "aws-batch");
    return part(1 + index, count, asked, "AWS_BATCH_JOB_ARRAY_SIZE", "aws-batch");
  }

  private static Shard.Builder part(
      int index, int count, int asked, String variable, String scheduler) {
    if (asked != 0 && asked != count) {
      throw new InvalidJobException(
          "--shard %s/%d contradicts %s=%d; to run one shard of %d again, give --shard I/%d"
              .formatted(scheduler, asked, variable, count, asked, asked));
    }
    if (count == 1) {
      throw new InvalidJobException(
          ("%s=1: one task would back up everything; to run one shard of several again, give"
                  + " --shard I/N, or --shard 1/1 if that is meant")
              .formatted(variable));
    }
    if (index > count) {
      throw new InvalidJobException(
          "%s=%d, and this is task %d, counted from 1: the tasks do not agree on how many they are"
              .formatted(variable, count, index));
    }
    return Shard.builder(index, count);
  }

  private int number(String variable, String scheduler) {
    String text = value(variable);
    if (text.isEmpty()) {
      throw new InvalidJobException(
          "--shard %s: %s is not set, so that this is no task of an array; give --shard I/N"
              .formatted(scheduler, variable));
    }
    Integer number = Ints.tryParse(text);
    if (number == null || number < 0) {
      throw new InvalidJobException(
          "--shard %s: %s is '%s', and no number".formatted(scheduler, variable, text));
    }
    return number;
  }

  private String value(String variable) {
    return environment.getOrDefault(variable, "");
  }

  private static void read(Shard.Builder builder, Path file, boolean from0, Path base) {
    try (InputStream in = Files.newInputStream(file)) {
      ListReader.read(in, file.toString(), from0, bytes -> add(builder, file, base, bytes));
    } catch (IOException e) {
      throw new InvalidJobException(
          "the sizes in " + file + " cannot be read: " + ErrorText.of(e), e);
    }
  }

  private static void add(Shard.Builder builder, Path file, Path base, byte[] line) {
    Matcher size = SIZE.matcher(PathBytes.toText(line));
    if (!size.matches()) {
      throw new InvalidJobException(
          "'%s' in %s is not a number of bytes and a path".formatted(PathBytes.toText(line), file));
    }
    Path source = PathBytes.resolve(base, PathBytes.fromText(size.group(2))).normalize();
    // Its place in the backup, as if it were listed.
    Path start = source.startsWith(base) ? base : source.getRoot();
    builder.known(start.relativize(source), Long.parseLong(size.group(1)));
  }
}
