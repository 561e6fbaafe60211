package dev.mtb.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SortedLinesTest {
  /** All in memory, files of many sizes, and as many files as lines. */
  @ParameterizedTest
  @ValueSource(ints = {2000, 1000, 999, 7, 1})
  void lines_comeInTheOrderOfTheirKeys_howeverFewFitInMemory(int linesInMemory) throws Exception {
    List<Integer> numbers = new ArrayList<>(IntStream.range(0, 1000).boxed().toList());
    Collections.shuffle(numbers, new Random(1));
    List<String> found = new ArrayList<>();
    try (SortedLines lines = new SortedLines(linesInMemory)) {
      for (int number : numbers) {
        // A key with what stands for a slash, and a line in another order than its key.
        lines.add(String.format("d\0%04d", number), "line\t\u00e9 " + (5000 - number));
      }
      lines.forEach(found::add);
    }
    assertThat(found)
        .isEqualTo(IntStream.range(0, 1000).mapToObj(n -> "line\t\u00e9 " + (5000 - n)).toList());
  }
}
