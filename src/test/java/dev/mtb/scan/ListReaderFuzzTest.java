package dev.mtb.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.InvalidJobException;
import dev.mtb.testing.Fuzz;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random lists, compared with a simple model of the reader. */
class ListReaderFuzzTest {
  /** What a list holds up to the first error, and whether there is one. */
  private record Outcome(List<String> entries, boolean refused) {}

  @Test
  void anyBytes_areReadAsTheModelReadsThem() {
    Fuzz.seeded("ListReaderFuzzTest")
        .times(
            5_000,
            random -> {
              byte[] list = list(random);
              boolean nulSeparated = random.nextBoolean();
              assertThat(read(list, nulSeparated))
                  .as("%s", Arrays.toString(list))
                  .isEqualTo(model(list, nulSeparated));
            });
  }

  private static byte[] list(Random random) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    int lines = random.nextInt(6);
    for (int i = 0; i < lines; i++) {
      list.writeBytes(Fuzz.bytes(random, 5, "\n", "\0", "#", ";", " ", "\t", "\r", "x", "y/z"));
      if (random.nextInt(40) == 0) {
        list.writeBytes(
            "x"
                .repeat(ListReader.LONGEST_ENTRY - 2 + random.nextInt(4))
                .getBytes(StandardCharsets.UTF_8));
      }
    }
    return list.toByteArray();
  }

  private static Outcome read(byte[] list, boolean nulSeparated) throws Exception {
    List<String> entries = new ArrayList<>();
    try {
      ListReader.read(
          new ByteArrayInputStream(list),
          "list",
          nulSeparated,
          entry -> entries.add(new String(entry, StandardCharsets.ISO_8859_1)));
      return new Outcome(entries, false);
    } catch (InvalidJobException e) {
      return new Outcome(entries, true);
    }
  }

  private static Outcome model(byte[] list, boolean nulSeparated) {
    String text = new String(list, StandardCharsets.ISO_8859_1);
    if (text.startsWith("\u00ef\u00bb\u00bf")) {
      text = text.substring(3);
    }
    List<String> entries = new ArrayList<>();
    for (String line : text.split(nulSeparated ? "\0" : "\n", -1)) {
      if (line.length() > ListReader.LONGEST_ENTRY || (!nulSeparated && line.contains("\0"))) {
        return new Outcome(entries, true);
      }
      boolean isComment = line.startsWith("#") || line.startsWith(";");
      boolean isBlank = line.chars().allMatch(c -> c == ' ' || c == '\t' || c == '\r');
      if (nulSeparated ? !line.isEmpty() : !isComment && !isBlank) {
        entries.add(line);
      }
    }
    return new Outcome(entries, false);
  }
}
