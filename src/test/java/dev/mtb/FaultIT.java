package dev.mtb;

import static dev.mtb.FaultScenario.MULTIPART;
import static dev.mtb.FaultScenario.THIS_YEAR;
import static dev.mtb.FaultScenario.file;
import static dev.mtb.testing.CountingProxy.Fault.Action.answer;
import static dev.mtb.testing.CountingProxy.Fault.Action.cutRequest;
import static dev.mtb.testing.CountingProxy.Fault.Action.cutResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.loseResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.reset;
import static dev.mtb.testing.CountingProxy.Fault.Action.stall;
import static dev.mtb.testing.CountingProxy.Fault.Action.stallResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.truncateResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.wrongTags;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.FaultScenario.Ended;
import dev.mtb.FaultScenario.Way;
import dev.mtb.testing.CountingProxy.Kind;
import dev.mtb.testing.Faults;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsMount;
import dev.mtb.testing.Seed;
import dev.mtb.testing.Thorough;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Backups while the server or the network fails; through the real s3fs, and directly to the bucket.
 *
 * <p>s3fs sleeps four seconds after each error, so the scenarios run in parallel.
 */
@Thorough
@RequiresS3fs
class FaultIT {
  /** The shortest time limits of s3fs; by default it waits for minutes. */
  private static final List<String> SHORT_TIMEOUTS =
      List.of("retries=2", "connect_timeout=2", "readwrite_timeout=2");

  /**
   * With these options a new file costs a third of the requests, and so meets a third of the
   * faults.
   */
  private static final List<String> FRUGAL = List.of("enable_noobj_cache", "notsup_compat_dir");

  /** The number of scenarios at a time. Each holds some hundred megabytes of objects. */
  private static final int AT_ONCE = 6;

  /** The time after which s3fs counts as hung: longer than all retries on a full disk. */
  private static final Duration HANGS_AFTER = Duration.ofSeconds(75);

  /** 1,000 with {@code -Pthorough}: through the mount s3fs pauses for seconds after each fault. */
  private static final int FILES = Integer.getInteger("mtb.fault.files", 500);

  /** Longer than {@code readwrite_timeout}. */
  private static final Duration LONGER_THAN_TIMEOUT = Duration.ofSeconds(4);

  /** The kinds of faults, one in each scenario: rare enough that most of a run succeeds. */
  enum FaultKind {
    ERROR_500(faults -> faults.randomly(0.1, answer(500))),
    ERROR_503(faults -> faults.randomly(0.1, answer(503))),
    NOT_FOUND_AFTER_500(faults -> faults.missingAfterError(0.3)),
    RESET(faults -> faults.randomly(0.1, reset())),
    RESPONSE_LOST(faults -> faults.randomly(0.1, loseResponse())),
    RESET_IN_REQUEST(faults -> faults.randomly(0.2, "PUT|POST", ".*", cutRequest(700))),
    RESET_IN_RESPONSE(
        faults ->
            faults
                .randomly(0.2, "GET", ".*", cutResponse(150))
                .nth(2, "GET", ".*", cutResponse(150))),
    TRUNCATED(
        faults ->
            faults
                .randomly(0.2, "GET", ".*", truncateResponse(150))
                .nth(1, "GET", ".*", truncateResponse(150))),
    WRONG_TAGS(faults -> faults.randomly(0.3, wrongTags())),
    STALL(
        faults ->
            faults
                .randomly(0.03, stall(FaultIT.LONGER_THAN_TIMEOUT))
                .nth(9, ".*", ".*", stall(FaultIT.LONGER_THAN_TIMEOUT))),
    STALLED_RESPONSE(
        faults ->
            faults
                .randomly(0.03, stallResponse(FaultIT.LONGER_THAN_TIMEOUT))
                .nth(9, ".*", ".*", stallResponse(FaultIT.LONGER_THAN_TIMEOUT))),
    LATENCY(faults -> faults.randomly(0.2, stall(Duration.ofMillis(200))));

    @SuppressWarnings("ImmutableEnumChecker") // Lambdas without state.
    private final UnaryOperator<Faults> plan;

    /**
     * Whether files may fail. A wrong tag is an error, and so is an upload in parts that was
     * completed although its answer was lost, since it cannot be completed again. All other faults
     * are retried successfully on the direct way to the bucket.
     */
    private final boolean mayFail;

    FaultKind(UnaryOperator<Faults> plan) {
      this.plan = plan;
      mayFail = name().equals("WRONG_TAGS") || name().equals("RESPONSE_LOST");
    }
  }

  @TempDir static Path temp;
  private static ExecutorService pool;

  @BeforeAll
  static void startPool() {
    pool = Executors.newFixedThreadPool(AT_ONCE);
  }

  @AfterAll
  static void stopPool() throws InterruptedException {
    pool.shutdown();
    assertThat(pool.awaitTermination(5, TimeUnit.MINUTES)).isTrue();
  }

  /** {@code -Dmtb.scenario=REGEX} runs some of them only. */
  private static final Pattern WANTED = Pattern.compile(System.getProperty("mtb.scenario", ".*"));

  private interface Body {
    void run(FaultScenario scenario) throws Exception;
  }

  /** Begun at once; the test waits for it. */
  private static Optional<DynamicTest> begin(
      String name, Way way, List<String> mountOptions, Body body) throws Exception {
    if (!WANTED.matcher(name).matches()) {
      return Optional.empty();
    }
    Path folder = Files.createTempDirectory(temp, "scenario");
    Future<?> end =
        pool.submit(
            () -> {
              long start = System.nanoTime();
              try (FaultScenario scenario =
                  FaultScenario.start(way, folder, mountOptions.toArray(String[]::new))) {
                body.run(scenario);
              }
              System.out.printf("%s took %.1f s%n", name, (System.nanoTime() - start) / 1e9);
              return null;
            });
    return Optional.of(
        DynamicTest.dynamicTest(
            name,
            () -> {
              try {
                end.get();
              } catch (ExecutionException e) {
                throw e.getCause();
              }
            }));
  }

  @TestFactory
  List<DynamicTest> faultScenarios() throws Exception {
    List<Optional<DynamicTest>> tests = new ArrayList<>();
    for (Way way : Way.values()) {
      List<String> both = new ArrayList<>(SHORT_TIMEOUTS);
      both.addAll(FRUGAL);
      tests.add(begin(way + " errors at random, many files", way, both, this::manyFiles));
      tests.add(begin(way + " server restarted", way, SHORT_TIMEOUTS, this::restart));
      for (FaultKind trouble : FaultKind.values()) {
        tests.add(begin(way + " " + trouble, way, SHORT_TIMEOUTS, s -> trouble(s, trouble)));
      }
    }
    return tests.stream().flatMap(Optional::stream).toList();
  }

  private void manyFiles(FaultScenario scenario) throws Exception {
    for (int f = 0; f < FILES; f++) {
      int size = f % 50 == 0 ? 300_000 : 100 + f * 7;
      file(scenario.source.resolve("d" + f % 20 + "/f" + f), f, size, THIS_YEAR);
    }
    file(scenario.source.resolve("large"), 1, MULTIPART, THIS_YEAR);
    long seed = Seed.of("errors at random, " + scenario.way);
    // s3fs pauses for four seconds after each error, and most of its threads wait meanwhile.
    double share = scenario.way == Way.MOUNT ? 0.005 : 0.01;
    Faults faults =
        Faults.seeded(seed)
            .randomly(4 * share, answer(500))
            .randomly(share, answer(503))
            .randomly(share, reset());
    scenario.s3fs.proxy().setFault(faults);
    Ended ended = scenario.backUp();
    String description = "seed " + seed + ", " + faults.injected() + " faults";
    print(scenario, description, ended);
    assertThat(faults.injected()).isGreaterThan(FILES / 33);
    scenario.check(ended, description);
    scenario.assertNextRunIsWhole(description);
  }

  private void trouble(FaultScenario scenario, FaultKind trouble) throws Exception {
    boolean concernsParts = trouble.name().startsWith("RE") || trouble == FaultKind.ERROR_500;
    scenario.firstBackup(6, concernsParts ? MULTIPART : 1_000_000);
    long seed = Seed.of(scenario.way + " " + trouble);
    Faults faults = trouble.plan.apply(Faults.seeded(seed));
    scenario.s3fs.proxy().setFault(faults);
    Ended ended = scenario.backUp();
    String description = trouble + ", seed " + seed + ", " + faults.injected() + " faults";
    print(scenario, description, ended);
    assertThat(faults.injected()).as(description).isPositive();
    if (scenario.way == Way.BUCKET && !trouble.mayFail) {
      assertThat(ended.exitCode()).as("%s%n%s", description, ended).isZero();
    }
    scenario.check(ended, description);
    scenario.assertNextRunIsWhole(description);
  }

  /** The server is down for two seconds, for which s3fs and the SDK still retry. */
  private void restart(FaultScenario scenario) throws Exception {
    scenario.firstBackup(6, 1_000_000);
    for (int f = 0; f < 200; f++) {
      file(scenario.source.resolve("more" + f % 5 + "/f" + f), f, 5_000, THIS_YEAR);
    }
    scenario.s3fs.proxy().setRoundTrip(Duration.ofMillis(10));
    scenario.s3fs.proxy().reset();
    MtbProcess mtb = scenario.start();
    while (scenario.s3fs.proxy().snapshot().of(Kind.PUT) < 20 && mtb.isAlive()) {
      Thread.sleep(5);
    }
    scenario.s3fs.server().stop();
    Thread.sleep(2000);
    scenario.s3fs.server().startAgain();
    Ended ended = FaultScenario.end(mtb);
    scenario.s3fs.proxy().setRoundTrip(Duration.ZERO);
    print(scenario, "server restarted", ended);
    if (scenario.way == Way.BUCKET) {
      assertThat(ended.exitCode()).as("%s", ended).isZero();
    }
    scenario.check(ended, "server restarted");
    scenario.assertNextRunIsWhole("server restarted");
  }

  /**
   * s3fs keeps written files on a disk of 8 MB until they are uploaded, and some files are larger.
   * s3fs 1.90 may deadlock (on a full disk it takes its locks in another order). Then the test
   * kills it, as an administrator would, and MTB has to notice that.
   */
  @Test
  void diskThatS3fsBuffersOnIsFull_failuresAreReported() throws Exception {
    Path disk = Files.createTempDirectory(temp, "disk");
    run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString());
    try (FaultScenario scenario =
        FaultScenario.start(
            Way.MOUNT,
            Files.createTempDirectory(temp, "scenario"),
            "tmpdir=" + disk,
            "multipart_size=5",
            "parallel_count=1")) {
      scenario.firstBackup(6, 1_000_000);
      for (int f = 0; f < 3; f++) {
        file(scenario.source.resolve("new" + f), 200 + f, 12 << 20, THIS_YEAR);
        file(scenario.source.resolve("d" + f + "/fits" + f), 210 + f, 3 << 20, THIS_YEAR);
      }
      // A file that was small, and now does not fit on the disk.
      file(scenario.source.resolve("large"), 220, 20 << 20, THIS_YEAR);
      MtbProcess mtb = scenario.start();
      boolean hangs = !mtb.endsWithin(HANGS_AFTER);
      if (hangs) {
        scenario.s3fs.mount().kill();
        assertThat(mtb.endsWithin(Duration.ofSeconds(10))).isTrue();
      }
      Ended ended = FaultScenario.end(mtb);
      print(scenario, hangs ? "disk full, s3fs hung" : "disk full", ended);
      assertThat(ended.exitCode()).isEqualTo(hangs ? 10 : 23);
      if (hangs) {
        scenario.checkAfterKill(ended, "disk full");
      } else {
        scenario.check(ended, "disk full");
        try (S3fsMount truth = scenario.s3fs.direct()) {
          assertThat(truth.mountPoint().resolve("backup/d0/below/new"))
              .hasSameBinaryContentAs(scenario.source.resolve("d0/below/new"));
        }
      }
    } finally {
      run("umount", "-l", disk.toString());
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
  }

  private static void print(FaultScenario scenario, String description, Ended ended) {
    System.out.println(
        scenario.way
            + " "
            + description
            + ": exit code "
            + ended
            + ", in "
            + ended.report().at("/elapsedSeconds")
            + " s");
  }
}
