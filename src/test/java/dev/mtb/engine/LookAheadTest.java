package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import dev.mtb.Mtb;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.store.Features;
import dev.mtb.store.RequestLimit;
import dev.mtb.store.Store;
import dev.mtb.testing.ForwardingStore;
import dev.mtb.testing.MemoryStore;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks at the files of one directory, in a restore from a store that sends requests. */
class LookAheadTest {
  private static final int FILES = 100;

  /** Fewer than twice the threads of the run. */
  private static final int SEVERAL = 8;

  @TempDir Path temp;
  private final MemoryStore backup =
      new MemoryStore(new TreeMap<>(), Features.PLAIN, false, false, false, SEVERAL);

  @BeforeEach
  void backUp() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    for (int f = 0; f < FILES; f++) {
      RandomTree.write(source.resolve("d/f" + f), "content " + f);
    }
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(new Unclosed(backup))
                .options(options())
                .build());
    assertThat(report.totals().copied()).isEqualTo(FILES);
  }

  private BackupOptions options() {
    return BackupOptions.builder().threads(SEVERAL).stateDirectory(temp.resolve("state")).build();
  }

  private BackupReport restore(Store from, String target) {
    return Mtb.restore(
        RestoreJob.builder().from(from).to(temp.resolve(target)).options(options()).build(),
        BackupListener.NONE);
  }

  /** The store stays open for the next run. */
  private static class Unclosed extends ForwardingStore {
    Unclosed(Store real) {
      super(real);
    }

    @Override
    public void close() {}
  }

  /** Counts looks. */
  private static class Counting extends Unclosed {
    final Map<Path, Integer> looks = new ConcurrentHashMap<>();

    Counting(Store real) {
      super(real);
    }

    @Override
    public Optional<RequestLimit> requestLimit() {
      return Optional.empty();
    }

    @Override
    public Optional<Metadata> stat(Path path) throws IOException {
      looks.merge(path, 1, Integer::sum);
      return super.stat(path);
    }
  }

  /** A store whose looks at files are not answered before several are under way. */
  private static final class Distant extends Counting {
    private final CountDownLatch several = new CountDownLatch(SEVERAL);
    private final String broken;

    Distant(Store real, String broken) {
      super(real);
      this.broken = broken;
    }

    @Override
    public Optional<RequestLimit> requestLimit() {
      return Optional.of(new RequestLimit(SEVERAL, SEVERAL, Ticker.systemTicker()));
    }

    @Override
    public Optional<Metadata> stat(Path path) throws IOException {
      Optional<Metadata> found = super.stat(path);
      if (path.getFileName().toString().startsWith("f")) {
        several.countDown();
        try {
          if (!several.await(30, TimeUnit.SECONDS)) {
            throw new IOException("the looks come one after another");
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException(e);
        }
      }
      if (path.endsWith(broken)) {
        throw new IOException("broken");
      }
      return found;
    }
  }

  @Test
  void severalLooksAreUnderWay_andNoneIsMadeTwice() throws Exception {
    Counting near = new Counting(backup);
    assertThat(restore(near, "near").failures()).isEmpty();

    Distant distant = new Distant(backup, "none");
    BackupReport report = restore(distant, "distant");

    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(FILES);
    assertThat(distant.looks).isEqualTo(near.looks);
    for (int f = 0; f < FILES; f++) {
      assertThat(temp.resolve("distant/d/f" + f)).hasContent("content " + f);
    }
  }

  @Test
  void failedLook_isNotMadeAgain_andTheOtherFilesAreRestored() {
    Distant distant = new Distant(backup, "f50");

    BackupReport report = restore(distant, "target");

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures())
        .singleElement()
        .satisfies(f -> assertThat(f.path().toString()).isEqualTo("d/f50"))
        .satisfies(f -> assertThat(f.error()).contains("broken"));
    assertThat(report.totals().copied()).isEqualTo(FILES - 1);
    assertThat(distant.looks.get(Path.of("d/f50"))).isEqualTo(1);
  }
}
