package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.compare.Decision;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.Limits;
import dev.mtb.place.OpenTree;
import dev.mtb.store.Features;
import dev.mtb.store.Tree;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
  private static final Tree TREE = OpenTree.ofThisMachine(Path.of("/"));

  private final DirectoryNode root =
      DirectoryNode.root(TREE.way(Path.of("/s")), Path.of(""), Optional.empty());

  private DirectoryNode directory(String name) {
    return DirectoryNode.implied(root, TREE.way(Path.of("/s", name)), Path.of(name));
  }

  private static FileWork work(DirectoryNode directory, int number) {
    // Each hundredth comes before all others.
    long size = number % 100 == 0 ? 100 << 20 : 10;
    String name = Integer.toString(number);
    return new FileWork(
        directory,
        TREE.entry(directory.source.resolve(name)),
        directory.target.resolve(name),
        new Metadata(Kind.FILE, size, Instant.EPOCH, 0644, -1, -1, -1, -1),
        Optional.empty(),
        Decision.UNCHANGED,
        Optional.empty());
  }

  private static Schedule ordered(int perDirectory) {
    return new OrderedSchedule(new Limits.Order(Limits.Key.NAME, false), perDirectory);
  }

  /** Checkers that found no room are woken for a batch, and none of them is forgotten. */
  @Test
  void whatManyThreadsAdd_isAllDone() throws Exception {
    int adders = 8;
    int each = 3000;
    for (Schedule schedule : List.of(new FairSchedule(Features.PLAIN, 4), ordered(2), ordered(9))) {
      AtomicInteger done = new AtomicInteger();
      CountDownLatch end = new CountDownLatch(adders * each);
      ForkJoinPool pool = new ForkJoinPool(4);
      WorkQueue queue =
          new WorkQueue(
              pool,
              4,
              schedule,
              work -> {
                done.incrementAndGet();
                end.countDown();
              },
              new Stop());
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < adders; i++) {
        // Two threads in each directory.
        DirectoryNode directory = directory("d" + i / 2);
        Thread thread =
            new Thread(
                () -> {
                  for (int j = 0; j < each; j++) {
                    queue.put(work(directory, j));
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      end.await();

      assertThat(done).hasValue(adders * each);
      pool.shutdown();
    }
  }

  @Test
  void whereDirectoriesAreHeldOpen_theWalkStaysNearTheCopies() {
    Schedule schedule = new FairSchedule(Features.PLAIN, 4);

    assertThat(schedule.most()).isEqualTo(64);
  }
}
