package dev.mtb;

import static dev.mtb.LargeFileFixture.DOCUMENTS;
import static dev.mtb.LargeFileFixture.PART;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupListener;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.CompareMode;
import dev.mtb.options.S3Location;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.CountingProxy.Kind;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Seed;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads of large files that have changed: only the changed parts are sent. */
class DeltaUploadIT {
  /**
   * 50 with {@code -Pthorough}: each is an upload of up to 60 MB, and two servers see all of them.
   */
  private static final int EDITS = Integer.getInteger("mtb.edit.runs", 8);

  private static final int SIZE = 45_000_000;
  private static final int PARTS = 5;

  private static LargeFileFixture.Servers servers;

  @TempDir Path temp;
  private LargeFileFixture large;

  @BeforeAll
  static void start() throws Exception {
    servers = LargeFileFixture.Servers.start();
  }

  @AfterAll
  static void stop() throws IOException {
    servers.close();
  }

  @AfterEach
  void close() {
    if (large != null) {
      large.close();
    }
  }

  private void open(String name) throws IOException {
    large = servers.open(name, temp);
  }

  /** Backs up a file, and then changes 4 KB in its middle. */
  private byte[] backedUpAndChanged(String server) throws IOException {
    open(server);
    large.write(RandomTree.bytes(1, SIZE));
    assertThat(large.backUp().failures()).isEmpty();
    return large.overwrite(SIZE / 2, RandomTree.bytes(2, 4096));
  }

  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "S3Mock", "own"})
  void fourKilobytesInTheMiddle_areOnePart(String name) throws Exception {
    byte[] content = backedUpAndChanged(name);

    Counts counts = large.counting();

    assertThat(counts.bytesUp()).as("%s", counts).isLessThan(PART + DOCUMENTS);
    assertThat(counts.bytesDown()).as("%s", counts).isLessThan(DOCUMENTS);
    // S3Proxy lists another tag than it has answered, and refuses the first copy.
    long denied = name.equals("S3Proxy") ? 1 : 0;
    assertThat(counts.of(Kind.COPY)).as("%s", counts).isEqualTo(PARTS - 1 + denied);
    assertThat(counts.of(Kind.PUT)).as("%s", counts).isEqualTo(1);
    large.assertIs(content, name);
    assertRestored(content);
  }

  /** As Ceph 16 completes uploads in parts. */
  @Test
  void serverThatTellsNoTagOfTheWhole_isAskedForIt() throws Exception {
    open("S3Mock");
    large.proxy.setFault(
        (method, path, sequence) ->
            method.equals("POST") && path.contains("uploadId=")
                ? Fault.Action.emptyTags()
                : Fault.Action.pass());
    large.write(RandomTree.bytes(1, SIZE));
    assertThat(large.backUp().failures()).isEmpty();
    large.proxy.reset();
    assertThat(large.backUp().totals().unchanged()).isGreaterThanOrEqualTo(1);
    assertThat(large.proxy.snapshot().of(Kind.LIST)).isEqualTo(large.proxy.snapshot().total());
    byte[] content = large.overwrite(SIZE / 2, RandomTree.bytes(2, 4096));

    Counts counts = large.counting();

    assertThat(counts.bytesUp()).as("%s", counts).isLessThan(PART + DOCUMENTS);
    large.assertIs(content, "without a tag");
  }

  private void assertRestored(byte[] content) throws IOException {
    Path target = Files.createDirectory(temp.resolve("target"));
    RestoreJob job =
        RestoreJob.builder()
            .from(new S3Location(large.bucket, temp.getFileName().toString()))
            .to(target)
            .options(large.job(options -> options).options())
            .build();
    assertThat(Mtb.restore(job, BackupListener.NONE).failures()).isEmpty();
    assertThat(Arrays.equals(Files.readAllBytes(target.resolve("large")), content)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"S3Mock", "own"})
  void appendedFile_sendsItsEnd_andAnUnchangedOneCostsWhatItDid(String name) throws Exception {
    open(name);
    byte[] first = large.write(RandomTree.bytes(1, SIZE));
    assertThat(large.backUp().failures()).isEmpty();
    byte[] content = Arrays.copyOf(first, SIZE + 1_000_000);
    System.arraycopy(RandomTree.bytes(3, 1_000_000), 0, content, SIZE, 1_000_000);
    large.write(content);

    Counts counts = large.counting();

    assertThat(counts.bytesUp()).as("%s", counts).isLessThan(PART + DOCUMENTS);
    large.assertIs(content, "appended");
    large.proxy.reset();
    assertThat(large.backUp().totals().unchanged()).isGreaterThanOrEqualTo(1);
    assertThat(large.proxy.snapshot().of(Kind.LIST)).isEqualTo(large.proxy.snapshot().total());
  }

  /** A change of metadata copies the whole object, which then has another ETag on most servers. */
  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "S3Mock", "own"})
  void metadataThatChanged_leavesThePartsKnown(String name) throws Exception {
    open(name);
    large.write(RandomTree.bytes(1, SIZE));
    assertThat(large.backUp().failures()).isEmpty();
    Files.setLastModifiedTime(large.file, FileTime.from(Instant.ofEpochSecond(1_600_000_000)));
    assertThat(large.backUp().failures()).isEmpty();
    byte[] content = large.overwrite(5, RandomTree.bytes(2, 5));

    Counts counts = large.counting();

    assertThat(counts.bytesUp()).as("%s", counts).isLessThan(PART + DOCUMENTS);
    large.assertIs(content, name);
  }

  @Thorough
  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "S3Mock", "own"})
  void randomEdits_areAlwaysTheSource(String name) throws Exception {
    open(name);
    long seed = Seed.of("edits on " + name);
    SplittableRandom random = new SplittableRandom(seed);
    byte[] content = new byte[0];
    for (int edit = 1; edit <= EDITS; edit++) {
      content = edited(content, random);
      large.write(content);
      // The times are set apart, since a run cannot see two changes with the same mtime.
      FileTime time = FileTime.from(Instant.ofEpochSecond(1_600_000_000L + 10L * edit));
      Files.setLastModifiedTime(large.file, time);
      String description = "seed " + seed + ", edit " + edit + ", " + content.length + " bytes";
      assertThat(large.backUp().failures()).as(description).isEmpty();
      large.assertIs(content, description);
    }
  }

  private static byte[] edited(byte[] old, SplittableRandom random) {
    int[] sizes = {1000, 2 * PART, 25 << 20, 3 * PART, 4 * PART};
    int size = sizes[random.nextInt(sizes.length)] + random.nextInt(3) - 1;
    byte[] random64k = new byte[1 + random.nextInt(65_536)];
    random.nextBytes(random64k);
    int at = old.length == 0 ? 0 : random.nextInt(old.length);
    switch (random.nextInt(4)) {
      case 0 -> {
        // Inserts bytes, at the beginning of a part if there is one.
        int limit = at / PART * PART;
        byte[] longer = Arrays.copyOf(old, old.length + random64k.length);
        System.arraycopy(random64k, 0, longer, limit, random64k.length);
        System.arraycopy(old, limit, longer, limit + random64k.length, old.length - limit);
        return longer;
      }
      case 1 -> {
        byte[] same = old.clone();
        int length = Math.min(random64k.length, old.length - at);
        System.arraycopy(random64k, 0, same, at, length);
        return same;
      }
      default -> {
        // Truncate or grow.
        byte[] other = Arrays.copyOf(old, size);
        for (int i = old.length; i < size; i += random64k.length) {
          System.arraycopy(random64k, 0, other, i, Math.min(random64k.length, size - i));
        }
        return other;
      }
    }
  }

  /**
   * Ceph's gateway ignores the condition. Here the proxy removes the condition from the request,
   * which S3Mock accepts, since it does not check signatures.
   */
  @Thorough
  @ParameterizedTest
  @ValueSource(strings = {"S3Mock", "own"})
  void serverThatIgnoresTheCondition_whileTheObjectIsReplaced_endsWithTheSource(String name)
      throws Exception {
    byte[] content = backedUpAndChanged(name);
    byte[] foreign = RandomTree.bytes(7, SIZE);
    AtomicInteger copies = new AtomicInteger();
    large.proxy.setFault(
        new Fault() {
          @Override
          public Action onRequest(String method, String path, long sequence) {
            return Action.pass();
          }

          @Override
          public Action onCopy(String method, String path, long sequence) {
            if (copies.incrementAndGet() == 3) {
              large.probe.putInParts(
                  large.key,
                  Arrays.copyOf(foreign, 3 * PART),
                  Arrays.copyOfRange(foreign, 3 * PART, SIZE));
            }
            return name.equals("S3Mock")
                ? Action.withoutHeader("x-amz-copy-source-if-match")
                : Action.pass();
          }
        });

    // The parts are sent one after the other, and the write has no condition, so that only the
    // check of the copied parts protects the content.
    Counts counts =
        large.counting(options -> options.threads(1).checks(c -> c.withOverwriteConflicts(true)));

    // Two parts were copied from the old object. After the third nothing is copied any more.
    assertThat(copies.get()).isEqualTo(3);
    assertThat(counts.bytesUp()).as("%s", counts).isGreaterThan(2L * PART);
    large.assertIs(content, "replaced meanwhile");
  }

  @Thorough
  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "S3Mock", "own"})
  void objectThatAnotherClientHasReplaced_isNotCopiedFrom(String name) throws Exception {
    open(name);
    large.write(RandomTree.bytes(1, SIZE));
    assertThat(large.backUp().failures()).isEmpty();
    byte[] foreign = RandomTree.bytes(7, SIZE);
    large.probe.putInParts(
        large.key, Arrays.copyOf(foreign, 3 * PART), Arrays.copyOfRange(foreign, 3 * PART, SIZE));
    byte[] content = large.overwrite(SIZE / 2, RandomTree.bytes(2, 4096));
    // The foreign object shows the time of its upload as mtime, which could be the same second.
    Files.setLastModifiedTime(large.file, FileTime.from(Instant.ofEpochSecond(1_600_000_000)));

    Counts counts = large.counting();

    assertThat(counts.bytesUp()).as("%s", counts).isGreaterThan(SIZE);
    large.assertIs(content, name);
  }

  @Thorough
  @ParameterizedTest
  @ValueSource(ints = {400, 403, 416, 501})
  void serverThatRefusesToCopyParts_isAskedOnce_andGetsEverything(int status) throws Exception {
    open("S3Proxy");
    large.write(RandomTree.bytes(1, SIZE));
    Path other = large.source.resolve("large2");
    RandomTree.write(other, RandomTree.bytes(4, SIZE), Instant.now());
    assertThat(large.backUp().failures()).isEmpty();
    byte[] content = large.overwrite(SIZE / 2, RandomTree.bytes(2, 4096));
    Files.write(other, RandomTree.bytes(6, 10), StandardOpenOption.APPEND);
    large.proxy.setFault(Fault.ofCopies(Fault.Action.answer(status)));
    large.proxy.reset();

    assertThat(large.backUp().failures()).isEmpty();

    Counts counts = large.proxy.snapshot();
    assertThat(counts.of(Kind.COPY)).as("%s", counts).isEqualTo(1);
    assertThat(counts.bytesUp()).as("%s", counts).isGreaterThan(2L * SIZE);
    large.assertIs(content, "refused");
  }

  /** Each part is correct, and the object has another ETag than follows from the parts. */
  @Test
  void objectThatIsPutTogetherWrong_isSentAgainAsAWhole() throws Exception {
    byte[] content = backedUpAndChanged("S3Proxy");
    AtomicInteger ends = new AtomicInteger();
    large.proxy.setFault(
        (method, path, sequence) ->
            method.equals("POST") && path.contains("uploadId=") && ends.incrementAndGet() == 1
                ? Fault.Action.wrongTags()
                : Fault.Action.pass());

    Counts counts = large.counting();

    assertThat(ends.get()).isEqualTo(2);
    assertThat(counts.bytesUp()).as("%s", counts).isGreaterThan(SIZE);
    large.assertIs(content, "sent again");
  }

  /** MTB cannot know whether the object is correct, so the next run checks it again. */
  @Thorough
  @Test
  void objectThatIsPutTogetherWrong_andCannotBeSentAgain_isMarkedForTheNextRun() throws Exception {
    byte[] content = backedUpAndChanged("S3Proxy");
    AtomicInteger ends = new AtomicInteger();
    large.proxy.setFault(
        (method, path, sequence) -> {
          if (method.equals("POST") && path.contains("uploadId=")) {
            return ends.incrementAndGet() == 1
                ? Fault.Action.wrongTags()
                : Fault.Action.answer(403);
          }
          return Fault.Action.pass();
        });
    assertThat(large.backUp().exitCode()).isEqualTo(23);
    assertThat(large.probe.metadata(large.key)).containsEntry("mtime", "1.000000000");
    large.proxy.setFault(Fault.NONE);

    assertThat(large.backUp().totals().copied()).isEqualTo(1);

    // The content of the object is correct; only the answer was wrong.
    large.assertIs(content, "looked at by the next run");
  }

  /** With keys of KMS a tag is no digest: neither what the upload ends with nor what lists show. */
  @Thorough
  @Test
  void objectWhoseTagIsNoMd5_isSentAsAWhole_andThatIsSaid() throws Exception {
    open("S3Mock");
    large.proxy.setFault(
        (method, path, sequence) ->
            method.equals("PUT") ? Fault.Action.pass() : Fault.Action.wrongTags());
    large.write(RandomTree.bytes(1, SIZE));
    String[] command = {
      "backup",
      "-v",
      "--overwrite-conflicts",
      "--endpoint-url",
      large.proxy.endpoint().toString(),
      "--passwd-file",
      temp.resolve("passwd").toString(),
      "-b",
      large.source.toString(),
      ".",
      "s3://" + large.bucket + "/" + temp.getFileName()
    };
    MtbProcess first = MtbProcess.run(temp, command);
    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(first.err()).contains("will be sent as a whole when it changes");
    byte[] content = large.overwrite(SIZE / 2, RandomTree.bytes(2, 4096));
    large.proxy.reset();

    MtbProcess second = MtbProcess.run(temp, command);

    assertThat(second.exitCode()).as(second.err()).isZero();
    assertThat(second.err()).contains("is sent as a whole: MTB does not know the parts");
    Counts counts = large.proxy.snapshot();
    assertThat(counts.of(Kind.COPY)).as("%s", counts).isZero();
    assertThat(counts.bytesUp()).as("%s", counts).isGreaterThan(SIZE);
    large.assertIs(content, "no MD5");
  }

  @Test
  void wholeFile_sendsEverything() throws Exception {
    byte[] content = backedUpAndChanged("S3Proxy");

    Counts counts = large.counting(options -> options.uploads(u -> u.withWholeFile(true)));

    assertThat(counts.of(Kind.COPY)).as("%s", counts).isZero();
    assertThat(counts.bytesUp()).as("%s", counts).isGreaterThan(SIZE);
    large.assertIs(content, "whole");
  }

  @Thorough
  @Test
  void compareAlways_trustsNothingThatIsThere() throws Exception {
    open("S3Proxy");
    byte[] content = large.write(RandomTree.bytes(1, SIZE));
    assertThat(large.backUp().failures()).isEmpty();

    Counts counts = large.counting(options -> options.compare(CompareMode.ALWAYS));

    assertThat(counts.of(Kind.COPY)).as("%s", counts).isZero();
    assertThat(counts.bytesUp()).as("%s", counts).isGreaterThan(SIZE);
    large.assertIs(content, "always");
  }
}
