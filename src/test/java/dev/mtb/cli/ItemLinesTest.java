package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.store.FileVersion;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The lines of {@code mtb ls --versions}. */
class ItemLinesTest {
  private static final Instant STORED = Instant.parse("2026-11-20T17:00:05Z");

  private static final FileVersion FILE =
      new FileVersion(Path.of("docs/a\n"), false, false, true, 1234, STORED, "v1\u001b");

  private static final FileVersion DELETED =
      new FileVersion(Path.of("docs/a"), false, true, false, 0, STORED, "v2");

  private static final FileVersion DIRECTORY =
      new FileVersion(Path.of("docs"), true, false, true, 0, STORED, "null");

  private static String line(ItemLines.Form form, FileVersion version) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new ItemLines(new PrintStream(bytes), form).print(version);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void version_hasTheMomentToGoBackTo_itsSizeOrThatItWasDeleted_andWithLongItsId() {
    assertThat(line(ItemLines.Form.NAMES, FILE))
        .isEqualTo("2026-11-20T17:00:05Z             1234 docs/a\\n\n");
    assertThat(line(ItemLines.Form.NAMES, DELETED))
        .isEqualTo("2026-11-20T17:00:05Z          deleted docs/a\n");
    assertThat(line(ItemLines.Form.NAMES, DIRECTORY))
        .isEqualTo("2026-11-20T17:00:05Z                - docs/\n");
    assertThat(line(ItemLines.Form.LONG, FILE)).endsWith(" docs/a\\n v1\\x1b\n");
  }

  @Test
  void versionAsJson_hasAll() {
    assertThat(line(ItemLines.Form.JSON, FILE))
        .isEqualTo(
            "{\"path\":\"docs/a\\n\",\"size\":1234,\"storedAt\":\"2026-11-20T17:00:05Z\","
                + "\"deleted\":false,\"latest\":true,\"versionId\":\"v1\\u001B\"}\n");
    assertThat(line(ItemLines.Form.JSON, DIRECTORY)).contains("\"kind\":\"directory\"");
    assertThat(line(ItemLines.Form.JSON, DELETED)).contains("\"deleted\":true");
  }
}
