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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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

  /** Checkers that wait for room are woken for a batch of it, and each of them is woken. */
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
              () -> 4,
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

  /** The number changes while no work is added: more or fewer threads take the waiting work. */
  @Test
  void numberOfThreads_mayChangeWhileTheyWork() throws Exception {
    AtomicInteger most = new AtomicInteger(1);
    Semaphore mayEnd = new Semaphore(0);
    AtomicInteger active = new AtomicInteger();
    ForkJoinPool pool = new ForkJoinPool(8);
    WorkQueue queue =
        new WorkQueue(
            pool,
            most::get,
            new FairSchedule(Features.PLAIN, 4),
            work -> {
              active.incrementAndGet();
              mayEnd.acquireUninterruptibly();
              active.decrementAndGet();
            },
            new Stop());
    DirectoryNode directory = directory("d");
    for (int i = 0; i < 40; i++) {
      queue.put(work(directory, i));
    }
    await(active, 1);

    most.set(5);
    // Each thread that takes work starts one more thread.
    mayEnd.release(8);
    await(active, 5);

    most.set(2);
    mayEnd.release(5);
    await(active, 2);

    mayEnd.release(100);
    pool.shutdown();
    assertThat(pool.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    assertThat(active).hasValue(0);
  }

  private static void await(AtomicInteger count, int wanted) throws InterruptedException {
    for (int i = 0; count.get() != wanted && i < 6000; i++) {
      Thread.sleep(10);
    }
    assertThat(count).hasValue(wanted);
  }

  @Test
  void whereDirectoriesAreHeldOpen_theWalkStaysNearTheCopies() {
    Schedule schedule = new FairSchedule(Features.PLAIN, 4);

    assertThat(schedule.most()).isEqualTo(64);
  }
}
