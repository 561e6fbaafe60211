package dev.mtb.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A program that is measured, and how it is called. */
enum Tool {
  MTB("mtb"),
  MTB_MOUNT("mtb --via mount"),
  JAVA_JAR("java -jar mtb.jar"),
  RSYNC("rsync -a"),
  RSYNC_INPLACE("rsync -a --inplace -W"),
  CP("cp -a"),
  PARALLEL("parallel -j16 rsync"),
  FPSYNC("fpsync -n 16"),
  RCLONE("rclone sync, 64 transfers"),
  RCLONE_S3("rclone sync to S3, 64 transfers"),
  AWS("aws s3 sync");

  /**
   * One piece of work for a tool.
   *
   * @param jar the runnable jar of MTB
   * @param launcher that runs it as it is installed; the archive of its classes lies beside it
   * @param threads MTB's copying threads
   * @param scratch an empty folder of the tool's own
   * @param bucket the destination for a tool that needs no mount
   * @param state where MTB remembers things from run to run
   */
  record Job(
      Path jar,
      Path launcher,
      int threads,
      Scenario scenario,
      Shape shape,
      Path source,
      Path destination,
      Path scratch,
      Optional<Bucket> bucket,
      Path state) {}

  /** A place in a bucket. */
  record Bucket(String endpoint, String path, String accessKey, String secretKey) {}

  /** Each directory of the tree's first level is a job; the names keep their path below it. */
  private static final String PARALLEL_SCRIPT =
      "cd \"$1\" && find . -mindepth 1 -maxdepth 1 -print0"
          + " | parallel --will-cite -0 -j 16 rsync -aR --inplace -W {} \"$2\"/";

  private static final int FPSYNC_WORKERS = 16;

  private final String label;

  Tool(String label) {
    this.label = label;
  }

  static Tool parse(String id) {
    return Arrays.stream(values())
        .filter(tool -> tool.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no tool " + id));
  }

  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String label(Scenario scenario, int threads) {
    return switch (this) {
      case MTB, MTB_MOUNT, JAVA_JAR -> label + " -t " + threads;
      // Without -u, cp copies all files each time.
      case CP -> scenario.isRepeated() ? "cp -au" : label;
      default -> label;
    };
  }

  /** Whether it has one request under way at a time, and so waits nearly all the time. */
  boolean isOneByOne() {
    return this == RSYNC || this == RSYNC_INPLACE || this == CP;
  }

  /** Whether it can do anything else with such a tree than a tool that is measured anyway. */
  boolean suits(Scenario scenario) {
    return scenario != Scenario.LARGE || (this != PARALLEL && this != FPSYNC);
  }

  List<String> command(Job job) {
    String source = job.source().toString();
    String destination = job.destination().toString();
    List<String> command = new ArrayList<>();
    switch (this) {
      case MTB, MTB_MOUNT, JAVA_JAR -> {
        if (this == JAVA_JAR) {
          command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
          command.addAll(List.of("-jar", job.jar().toString()));
        } else {
          command.add(job.launcher().toString());
        }
        command.addAll(List.of("backup", "-q"));
        command.addAll(List.of("-t", Integer.toString(job.threads())));
        if (this == MTB_MOUNT) {
          command.addAll(List.of("--via", "mount"));
        }
        command.addAll(List.of("-b", source, source, destination));
      }
      case RSYNC -> command.addAll(List.of("rsync", "-a", source + "/", destination + "/"));
      case RSYNC_INPLACE ->
          command.addAll(
              List.of("rsync", "-a", "--inplace", "-W", source + "/", destination + "/"));
      case CP ->
          command.addAll(
              List.of(
                  "cp",
                  job.scenario().isRepeated() ? "-au" : "-a",
                  source + "/.",
                  destination + "/"));
      case PARALLEL ->
          command.addAll(
              List.of("bash", "-c", PARALLEL_SCRIPT, "parallel-rsync", source, destination));
      case FPSYNC -> {
        int share = (job.shape().files() + FPSYNC_WORKERS - 1) / FPSYNC_WORKERS;
        command.addAll(List.of("fpsync", "-n", Integer.toString(FPSYNC_WORKERS)));
        command.addAll(List.of("-f", Integer.toString(share)));
        command.addAll(List.of("-t", job.scratch().toString()));
        command.addAll(List.of("-o", "-lptgoD --numeric-ids --inplace -W"));
        command.addAll(List.of(source + "/", destination + "/"));
      }
      case RCLONE_S3 ->
          // With the slash, it does not ask whether that is a file.
          command.addAll(rclone(source, ":s3:" + job.bucket().orElseThrow().path() + "/"));
      case AWS ->
          command.addAll(
              List.of(
                  "aws",
                  "--endpoint-url",
                  job.bucket().orElseThrow().endpoint(),
                  "s3",
                  "sync",
                  "--only-show-errors",
                  source,
                  "s3://" + job.bucket().orElseThrow().path()));
      case RCLONE -> command.addAll(rclone(source, destination));
    }
    return command;
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
    environment.put("XDG_CACHE_HOME", job.launcher().resolveSibling("cache").toString());
    // A bundle of certificates is of no use with http, and rclone does not take it.
    environment.put("AWS_CA_BUNDLE", "");
    if (job.bucket().isPresent() && needsNoMount()) {
      Bucket bucket = job.bucket().get();
      environment.put("AWS_ACCESS_KEY_ID", bucket.accessKey());
      environment.put("AWS_SECRET_ACCESS_KEY", bucket.secretKey());
      environment.put("AWS_DEFAULT_REGION", "us-east-1");
      // S3Proxy does not know the checksums that newer versions send.
      environment.put("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required");
      environment.put("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required");
      environment.put("RCLONE_S3_PROVIDER", "Other");
      environment.put("RCLONE_S3_ENV_AUTH", "true");
      environment.put("RCLONE_S3_ENDPOINT", bucket.endpoint());
    }
    return environment;
  }

  private boolean needsNoMount() {
    return this == RCLONE_S3 || this == AWS;
  }
}
