package dev.mtb.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTest {
  @Test
  void countsAndRates() {
    assertThat(Text.count(1_234_567)).isEqualTo("1,234,567");
    assertThat(Text.rate(0)).isEqualTo("0/s");
    assertThat(Text.rate(0.25)).isEqualTo("0.25/s");
    assertThat(Text.rate(12.34)).isEqualTo("12.3/s");
    assertThat(Text.rate(12345.6)).isEqualTo("12,346/s");
  }

  /** What other tests rely on: named one by one, and not by the code that is tested. */
  @Test
  void whatActsOnATerminal_isKnown() {
    for (int c :
        new int[] {0, 7, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x200e, 0x202e, 0x2028, 0x2029, 0xfeff}) {
      assertThat(Text.isActive(c)).as("%x", c).isTrue();
      assertThat(Text.printable("a" + Character.toString(c)))
          .hasSizeGreaterThan(4)
          .startsWith("a\\");
    }
    assertThat(Text.printable("aü€ 😀")).isEqualTo("aü€ 😀");
  }
}
