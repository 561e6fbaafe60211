package dev.mtb.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3fsNamesTest {
  private static final S3fsNames DEFAULT = new S3fsNames(false, true, 0);
  private static final S3fsNames ANY_BYTES = new S3fsNames(true, false, 0);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a b",
        " ",
        "%",
        "?#&+",
        "<&>\"'",
        "tab\there",
        "line\nbreak",
        "ü€",
        "\ud83d\ude00",
        "_$folder$x",
        "\u007f",
        "\ufffd",
        "\u0085"
      })
  void usualNames_areTaken(String name) {
    assertThatCode(() -> DEFAULT.check(path(name))).doesNotThrowAnyException();
    assertThatCode(() -> ANY_BYTES.check(path(name))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u0001", "a\u0008b", "\u000b", "\u000c", "\u001f", "\ufffe", "x\uffff"})
  void namesThatXmlCannotHold_areRefused(String name) {
    assertThatThrownBy(() -> DEFAULT.check(path(name)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("control character");
    assertThatThrownBy(() -> ANY_BYTES.check(path(name))).isInstanceOf(IOException.class);
  }

  @Test
  void bytesThatAreNotUtf8_areRefusedUnlessMountedForThem() {
    byte[][] names = {
      {'a', (byte) 0xe9}, {(byte) 0xff}, {(byte) 0xc3}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}
    };
    for (byte[] name : names) {
      Path path = PathBytes.resolve(Path.of("/dir"), name);

      assertThatThrownBy(() -> DEFAULT.check(path))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("use_wtf8");
      assertThatCode(() -> ANY_BYTES.check(path)).doesNotThrowAnyException();
    }
  }

  @Test
  void onlyTheLastName_isChecked() {
    Path path = PathBytes.resolve(Path.of("/"), new byte[] {(byte) 0xff, '/', 'a'});

    assertThatCode(() -> DEFAULT.check(path)).doesNotThrowAnyException();
  }

  @Test
  void pathsThatAreTooLongForAKey_areRefused() {
    S3fsNames names = new S3fsNames(false, true, "backup/".length());
    String directories = "d/".repeat(500);

    // With the slash of a directory its key has 1,024 bytes.
    assertThatCode(() -> names.check(Path.of(directories + "1234567890123456")))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> names.check(Path.of(directories + "12345678901234567")))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("1024 bytes");
  }

  @Test
  void directoryMarkers_areRefusedWhereS3fsLooksForThem() {
    assertThatThrownBy(() -> DEFAULT.check(path("a_$folder$")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("notsup_compat_dir");
    assertThatCode(() -> ANY_BYTES.check(path("a_$folder$"))).doesNotThrowAnyException();
  }

  /** s3fs cuts them off when it reads a link. */
  @ParameterizedTest
  @ValueSource(strings = {" a", "a ", "\ta", "a\n", "a\r", " "})
  void targetsWithBlanksAtTheirEnds_areRefused(String target) {
    assertThatThrownBy(() -> S3fsNames.checkTarget(target.getBytes(UTF_8)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("blank");
  }

  @Test
  void targetsWithBlanksInside_areTaken() {
    assertThatCode(() -> S3fsNames.checkTarget("a b\tc".getBytes(UTF_8)))
        .doesNotThrowAnyException();
  }

  private static Path path(String name) {
    return PathBytes.resolve(Path.of("/dir"), name.getBytes(UTF_8));
  }
}
