package dev.mtb.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How sizes are read, for limits, filters and rates alike. */
class SizeParserTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "100, 100",
    "64k, 65536",
    "64KiB, 65536",
    "64KB, 64000",
    "1.001KB, 1001",
    "1.5mb-1, 1499999",
    "2g+1, 2147483649",
    "10b, 10",
    "0-1, 0",
    "0.0001, 1",
    "1T, 1099511627776",
    "999999999999P, 9223372036854775807"
  })
  void size_isReadAsRsyncReadsIt(String text, long bytes) {
    assertThat(SizeParser.parse(text, 'B')).hasValue(bytes);
  }

  @ParameterizedTest
  @CsvSource({"512, 524288", "512B, 512", "1M, 1048576", "0, 0"})
  void plainNumber_isInTheUnitThatTheOptionHas(String text, long bytes) {
    assertThat(SizeParser.parse(text, 'K')).hasValue(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "K", "-1", "1KiBs", "1.K", "1 K", "many", "1e3", "1K+2", "\u0661"})
  void textThatIsNoSize_isEmpty(String text) {
    assertThat(SizeParser.parse(text, 'B')).isEmpty();
  }
}
