package dev.mtb.scan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PathSetTest {
  private final PathSet set = new PathSet();

  @Test
  void empty_containsNothing() {
    assertThat(set.size()).isZero();
    assertThat(contains("", false)).isFalse();
    assertThat(contains("a", true)).isFalse();
  }

  @Test
  void adding_twice_isAsOnce() {
    add("a", false);
    add("a", false);

    assertThat(set.size()).isEqualTo(1);
    assertThat(contains("a", false)).isTrue();
  }

  @Test
  void insideAndOutside_areTwoPaths() {
    add("a", false);
    assertThat(contains("a", true)).isFalse();

    add("a", true);

    assertThat(set.size()).isEqualTo(2);
    assertThat(take("a", true)).isTrue();
    assertThat(take("a", false)).isTrue();
  }

  @Test
  void onlyTheGivenLength_counts() {
    byte[] path = "a/b".getBytes(UTF_8);
    set.add(path, 1, false);

    assertThat(contains("a", false)).isTrue();
    assertThat(contains("a/b", false)).isFalse();
    assertThat(set.contains(path, 1, false)).isTrue();
    assertThat(set.contains(path, 3, false)).isFalse();
  }

  @Test
  void emptyPath_isAPath() {
    add("", true);

    assertThat(contains("", true)).isTrue();
    assertThat(contains("", false)).isFalse();
    assertThat(take("", true)).isTrue();
    assertThat(take("", true)).isFalse();
  }

  @Test
  void take_isTrueOnce() {
    add("a", false);

    assertThat(take("a", false)).isTrue();
    assertThat(take("a", false)).isFalse();
    assertThat(take("a", false)).isFalse();
    assertThat(contains("a", false)).isTrue();
  }

  @Test
  void take_ofWhatIsNotThere_throws() {
    add("a", false);

    assertThatThrownBy(() -> take("b", false)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void growing_remembersWhatWasTaken() {
    add("early", false);
    assertThat(take("early", false)).isTrue();

    for (int i = 0; i < 10_000; i++) {
      add("path " + i, false);
    }

    assertThat(take("early", false)).isFalse();
    assertThat(take("path 0", false)).isTrue();
  }

  @Test
  void behaves_likeASet() {
    long seed = System.nanoTime() & 0xffffff;
    System.out.println("PathSetTest: seed " + seed);
    Random random = new Random(seed);
    Set<String> model = new HashSet<>();
    Set<String> taken = new HashSet<>();
    for (int i = 0; i < 200_000; i++) {
      int number = random.nextInt(50_000);
      boolean outside = random.nextBoolean();
      String path = "dir/" + number;
      String key = path + outside;
      switch (random.nextInt(3)) {
        case 0 -> {
          add(path, outside);
          model.add(key);
        }
        case 1 -> assertThat(contains(path, outside)).isEqualTo(model.contains(key));
        default -> {
          if (model.contains(key)) {
            assertThat(take(path, outside)).isEqualTo(taken.add(key));
          }
        }
      }
    }
    assertThat(set.size()).isEqualTo(model.size());
  }

  private void add(String path, boolean outside) {
    set.add(path.getBytes(UTF_8), path.length(), outside);
  }

  private boolean contains(String path, boolean outside) {
    return set.contains(path.getBytes(UTF_8), path.length(), outside);
  }

  private boolean take(String path, boolean outside) {
    return set.take(path.getBytes(UTF_8), path.length(), outside);
  }
}
