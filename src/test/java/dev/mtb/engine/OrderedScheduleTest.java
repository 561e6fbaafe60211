package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.compare.Decision;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.Limits;
import dev.mtb.place.OpenTree;
import dev.mtb.store.Tree;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrderedScheduleTest {
  private static final Tree TREE = OpenTree.ofThisMachine(Path.of("/"));

  private final DirectoryNode root =
      DirectoryNode.root(TREE.way(Path.of("/s")), Path.of(""), Optional.empty());
  private final DirectoryNode a = directory("a");
  private final DirectoryNode b = directory("b");

  private DirectoryNode directory(String name) {
    return DirectoryNode.implied(root, TREE.way(Path.of("/s", name)), Path.of(name));
  }

  private static FileWork work(DirectoryNode directory, String name, long size, long seconds) {
    Metadata metadata =
        new Metadata(Kind.FILE, size, Instant.ofEpochSecond(seconds), 0644, -1, -1, -1, -1);
    return new FileWork(
        directory,
        TREE.entry(directory.source.resolve(name)),
        directory.target.resolve(name),
        metadata,
        Optional.empty(),
        Decision.UNCHANGED,
        Optional.empty());
  }

  private static OrderedSchedule line(String key, boolean isDescending, int most) {
    return new OrderedSchedule(new Limits.Order(Limits.Key.valueOf(key), isDescending), most);
  }

  private static List<String> names(Schedule line) {
    List<String> names = new ArrayList<>();
    while (line.isReady()) {
      names.add(line.poll().target().toString());
    }
    assertThat(line.poll()).isNull();
    return names;
  }

  @ParameterizedTest
  @CsvSource({
    "NAME, false, a/x a/z b/w b/y",
    "NAME, true,  b/y b/w a/z a/x",
    "SIZE, false, b/w a/x a/z b/y",
    "SIZE, true,  b/y a/x a/z b/w",
    "MODIFIED, false, b/y b/w a/z a/x",
    "MODIFIED, true, a/x a/z b/w b/y"
  })
  void order_isThatOfTheKey_andThenOfTheName(String key, boolean isDescending, String expected) {
    OrderedSchedule line = line(key, isDescending, Integer.MAX_VALUE);
    line.add(work(b, "y", 30, 1));
    line.add(work(a, "x", 20, 4));
    line.add(work(b, "w", 10, 2));
    line.add(work(a, "z", 20, 3));
    assertThat(names(line)).containsExactly(expected.split(" "));
  }

  @Test
  void directoryAtItsLimit_letsTheNextGoFirst() {
    OrderedSchedule line = line("SIZE", true, 1);
    line.add(work(a, "large", 30, 1));
    line.add(work(a, "small", 10, 1));
    line.add(work(b, "middle", 20, 1));
    assertThat(line.poll().target()).isEqualTo(Path.of("a/large"));
    assertThat(line.poll().target()).isEqualTo(Path.of("b/middle"));
    assertThat(line.isReady()).isFalse();
    line.add(work(a, "larger", 40, 1));
    assertThat(line.poll()).isNull();
    line.done(a);
    assertThat(line.poll().target()).isEqualTo(Path.of("a/larger"));
    line.done(a);
    assertThat(line.poll().target()).isEqualTo(Path.of("a/small"));
    line.done(b);
    line.done(a);
    assertThat(line.isReady()).isFalse();
  }

  /** Against a list that is sorted again for each step. */
  @Test
  void randomWork_comesInOrder_andIsNeverLost() {
    long seed = System.nanoTime() & 0xffffff;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      int most = 1 + random.nextInt(3);
      OrderedSchedule line = line("SIZE", false, most);
      List<DirectoryNode> directories =
          List.of(directory("a"), directory("b"), directory("c"), directory("d"));
      List<FileWork> waiting = new ArrayList<>();
      List<FileWork> running = new ArrayList<>();
      for (int step = 0; step < 300; step++) {
        switch (random.nextInt(3)) {
          case 0 -> {
            FileWork work =
                work(directories.get(random.nextInt(4)), "f" + step, random.nextInt(20), 0);
            waiting.add(work);
            line.add(work);
          }
          case 1 -> {
            Optional<FileWork> expected =
                waiting.stream()
                    .filter(w -> w.directory().running < most)
                    .min(
                        Comparator.comparingLong((FileWork w) -> w.metadata().size())
                            .thenComparing(FileWork::target));
            assertThat(line.isReady()).isEqualTo(expected.isPresent());
            FileWork polled = line.poll();
            assertThat(Optional.ofNullable(polled)).isEqualTo(expected);
            if (polled != null) {
              waiting.remove(polled);
              running.add(polled);
            }
          }
          default -> {
            if (!running.isEmpty()) {
              line.done(running.remove(random.nextInt(running.size())).directory());
            }
          }
        }
      }
    }
  }
}
