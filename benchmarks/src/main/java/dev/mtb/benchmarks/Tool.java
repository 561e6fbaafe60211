package dev.mtb.benchmarks;

import static dev.mtb.benchmarks.Mode.BUCKET;
import static dev.mtb.benchmarks.Mode.LOCAL;
import static dev.mtb.benchmarks.Mode.S3FS;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A program that is measured, and how it is called.
 *
 * @param jar a version of MTB of its own; empty for the one that all else is compared with, and for
 *     tools that are not MTB
 */
record Tool(Kind kind, String id, Optional<Path> jar) {
  /** How a tool is called. */
  enum Kind {
    MTB("mtb", "sh", S3FS, BUCKET, LOCAL),
    MTB_MOUNT("mtb --via mount", "sh", S3FS),
    JAVA_JAR("java -jar mtb.jar", "sh", S3FS, BUCKET, LOCAL),
    RSYNC("rsync -a", "rsync", S3FS, LOCAL),
    RSYNC_INPLACE("rsync -a --inplace -W", "rsync", S3FS, LOCAL),
    CP("cp -a", "cp", S3FS, LOCAL),
    PARALLEL("parallel -j16 rsync", "parallel", S3FS, LOCAL),
    FPSYNC("fpsync -n 16", "fpsync", S3FS, LOCAL),
    RCLONE("rclone sync, 64 transfers", "rclone", S3FS, BUCKET, LOCAL),
    AWS("aws s3 sync", "aws", BUCKET);

    private final String label;
    private final String program;
    private final Set<Mode> modes;

    Kind(String label, String program, Mode... modes) {
      this.label = label;
      this.program = program;
      this.modes = EnumSet.copyOf(Arrays.asList(modes));
    }
  }

  /**
   * One piece of work for a tool.
   *
   * @param jar the runnable jar of MTB, its launcher beside it
   * @param threads MTB's copying threads
   * @param destination a folder, or bucket and prefix
   * @param bucket how the bucket is reached; empty if the destination is a folder
   * @param scratch an empty folder of the tool's own
   * @param target where a restore goes, an empty folder
   * @param state where MTB remembers things from run to run
   */
  record Job(
      Path jar,
      int threads,
      Scenario scenario,
      Shape shape,
      Path source,
      String destination,
      Optional<Bucket> bucket,
      Path scratch,
      Path target,
      Path state) {}

  static final Tool MTB = of(Kind.MTB);

  /** Each directory of the tree's first level is a job; the names keep their path below it. */
  private static final String PARALLEL_SCRIPT =
      "cd \"$1\" && find . -mindepth 1 -maxdepth 1 -print0"
          + " | parallel --will-cite -0 -j 16 rsync -aR --inplace -W {} \"$2\"/";

  private static final int FPSYNC_WORKERS = 16;

  static Tool of(Kind kind) {
    return new Tool(kind, kind.name().toLowerCase(Locale.ROOT).replace('_', '-'), Optional.empty());
  }

  static List<Tool> of(List<Kind> kinds) {
    return kinds.stream().map(Tool::of).toList();
  }

  /** Another version of MTB, called as the folder is that it lies in. */
  static Tool launcherOf(Path jar) {
    return new Tool(Kind.MTB, jar.getParent().getFileName().toString(), Optional.of(jar));
  }

  static Tool parse(String id) {
    return of(Arrays.asList(Kind.values())).stream()
        .filter(tool -> tool.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no tool " + id));
  }

  String label(Scenario scenario, int threads) {
    return switch (kind) {
      case MTB -> id + " -t " + threads;
      case MTB_MOUNT, JAVA_JAR -> kind.label + " -t " + threads;
      // Without -u, cp copies all files each time.
      case CP -> scenario.isRepeated() ? "cp -au" : kind.label;
      default -> kind.label;
    };
  }

  /** Whether it has one request under way at a time, and so waits nearly all the time. */
  boolean isOneByOne() {
    return kind == Kind.RSYNC || kind == Kind.RSYNC_INPLACE || kind == Kind.CP;
  }

  /**
   * Whether it can do this at all, and does it in another way than a tool that is measured anyway.
   */
  boolean suits(Mode mode, Scenario scenario) {
    return switch (kind) {
      case PARALLEL, FPSYNC ->
          kind.modes.contains(mode) && scenario != Scenario.LARGE && scenario != Scenario.RESTORE;
      // S3Proxy tells no dates of directories' objects, and aws s3 sync stops there.
      case AWS -> kind.modes.contains(mode) && !scenario.isRepeated();
      default -> kind.modes.contains(mode);
    };
  }

  boolean isInstalled() {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, kind.program)));
  }

  List<String> command(Job job) {
    String here = job.target().toString();
    String there = job.destination();
    if (job.bucket().isPresent() && kind == Kind.RCLONE) {
      // With the slash, it does not ask whether that is a file.
      there = ":s3:" + there + "/";
    }
    boolean isRestore = job.scenario() == Scenario.RESTORE;
    String source = isRestore ? there : job.source().toString();
    String destination = isRestore ? here : there;
    return switch (kind) {
      case MTB, MTB_MOUNT, JAVA_JAR -> mtb(job);
      case RSYNC -> List.of("rsync", "-a", source + "/", destination + "/");
      case RSYNC_INPLACE ->
          List.of("rsync", "-a", "--inplace", "-W", source + "/", destination + "/");
      case CP ->
          List.of(
              "cp", job.scenario().isRepeated() ? "-au" : "-a", source + "/.", destination + "/");
      case PARALLEL ->
          List.of("bash", "-c", PARALLEL_SCRIPT, "parallel-rsync", source, destination);
      case FPSYNC -> fpsync(job);
      case RCLONE -> rclone(source, destination);
      case AWS ->
          List.of(
              "aws",
              "--endpoint-url",
              job.bucket().orElseThrow().endpoint(),
              "s3",
              "sync",
              "--only-show-errors",
              source,
              "s3://" + destination);
    };
  }

  private List<String> mtb(Job job) {
    String source = job.source().toString();
    List<String> command = new ArrayList<>();
    if (kind == Kind.JAVA_JAR) {
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-jar", job.jar().toString()));
    } else {
      command.add(jar.orElse(job.jar()).resolveSibling("mtb").toString());
    }
    boolean isRestore = job.scenario() == Scenario.RESTORE;
    command.addAll(
        List.of(isRestore ? "restore" : "backup", "-q", "-t", Integer.toString(job.threads())));
    if (kind == Kind.MTB_MOUNT) {
      command.addAll(List.of("--via", "mount"));
    }
    job.bucket().ifPresent(bucket -> command.addAll(List.of("--endpoint-url", bucket.endpoint())));
    String there = job.bucket().isPresent() ? "s3://" + job.destination() : job.destination();
    command.addAll(
        isRestore ? List.of(there, job.target().toString()) : List.of("-b", source, source, there));
    return command;
  }

  private static List<String> fpsync(Job job) {
    int share = (job.shape().files() + FPSYNC_WORKERS - 1) / FPSYNC_WORKERS;
    return List.of(
        "fpsync",
        "-n",
        Integer.toString(FPSYNC_WORKERS),
        "-f",
        Integer.toString(share),
        "-t",
        job.scratch().toString(),
        "-o",
        "-lptgoD --numeric-ids --inplace -W",
        job.source() + "/",
        job.destination() + "/");
  }

  private static List<String> rclone(String source, String destination) {
    return List.of(
        "rclone",
        "sync",
        "--config",
        "/dev/null",
        "--transfers",
        "64",
        "--checkers",
        "64",
        source,
        destination);
  }

  Map<String, String> environment(Job job) {
    // A home of its own, so that no settings of the user change what is measured.
    Map<String, String> environment = new HashMap<>();
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("HOME", job.scratch().toString());
    environment.put("MTB_STATE_DIR", job.state().toString());
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("XDG_CACHE_HOME", jar.orElse(job.jar()).resolveSibling("cache").toString());
    job.bucket().ifPresent(bucket -> environment.putAll(bucket.environment()));
    if (kind != Kind.AWS || job.bucket().flatMap(Bucket::tls).isEmpty()) {
      // The user's bundle of certificates; and rclone, which has an option for it, fails with one.
      environment.put("AWS_CA_BUNDLE", "");
    }
    return environment;
  }
}
