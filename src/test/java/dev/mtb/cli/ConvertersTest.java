package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.Fuzz;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {
  @Test
  void durations_ofAnything_areReadOrRefused() {
    Converters.Durations converter = new Converters.Durations();
    Fuzz.seeded("durations")
        .times(
            5_000,
            random -> {
              String text = Fuzz.text(random, 3, "1", "999999999999", "ms", "h", "m", "s", "ns");
              try {
                assertThat(converter.convert(text).isNegative()).as(text).isFalse();
              } catch (TypeConversionException e) {
                assertThat(e).hasMessageContaining("not a duration");
              }
            });
    assertThat(converter.convert("999999999999h").toHours()).isEqualTo(999_999_999_999L);
  }
}
