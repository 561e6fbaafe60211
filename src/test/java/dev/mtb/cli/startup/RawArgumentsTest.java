package dev.mtb.cli.startup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.PathBytes;
import dev.mtb.testing.Fuzz;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RawArgumentsTest {
  @Test
  void rawArguments_replaceOnlyWhatJavaCouldNotRead() {
    Fuzz.seeded("command lines")
        .times(
            5_000,
            random -> {
              List<String> decoded = new ArrayList<>();
              ByteArrayOutputStream commandLine = new ByteArrayOutputStream();
              commandLine.writeBytes(Fuzz.bytes(random, 4, "java\0", "-jar\0"));
              commandLine.write(0);
              for (int i = random.nextInt(5); i > 0; i--) {
                byte[] word =
                    Fuzz.text(random, 4).replace('\0', '_').getBytes(StandardCharsets.UTF_8);
                commandLine.writeBytes(word);
                commandLine.write(0);
                // As under LC_ALL=C.
                decoded.add(new String(word, StandardCharsets.US_ASCII));
              }
              byte[] bytes = commandLine.toByteArray();
              boolean isSpoilt = random.nextBoolean();
              String[] given = decoded.toArray(String[]::new);
              String[] matched =
                  RawArguments.match(given, isSpoilt ? Fuzz.mutated(random, bytes) : bytes);
              assertThat(matched).hasSameSizeAs(given);
              for (int i = 0; i < given.length; i++) {
                boolean isAscii = given[i].chars().allMatch(c -> c < 0x80);
                if (isAscii) {
                  assertThat(matched[i]).isEqualTo(given[i]);
                }
                if (!isSpoilt) {
                  assertThat(PathBytes.fromText(matched[i]))
                      .asString(StandardCharsets.US_ASCII)
                      .isEqualTo(given[i]);
                }
              }
            });
  }
}
