package dev.mtb.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpositionTest {
  private static final String HEAD = "# HELP a Help.\n# TYPE a gauge\n";

  @Test
  void wellFormed_isRead() {
    Exposition read =
        Exposition.parse(HEAD + "a{x=\"1\",y=\"q\\\"b\\\\n\\n\"} 1.5\na{x=\"2\"} 0\n");
    assertThat(read.value("a", Map.of("x", "2"))).isEqualTo("0");
    assertThat(read.samples().get(0).labels()).containsEntry("y", "q\"b\\n\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a 1",
        "a 1\n",
        HEAD + "a 1",
        HEAD + "a 1\n\n",
        HEAD + "a 1\na 1\n",
        HEAD + "a{x=\"1\",x=\"2\"} 1\n",
        HEAD + "a{x=\"\\x\"} 1\n",
        HEAD + "a{x=\"} 1\n",
        HEAD + "a{x=1} 1\n",
        HEAD + "a 1 123\n",
        HEAD + "a one\n",
        HEAD + "a-b 1\n",
        HEAD + "a{x=\"\ud800\"} 1\n",
        HEAD + "a 1\n# HELP b B.\n# TYPE b gauge\nb 1\na{x=\"1\"} 1\n",
        HEAD + HEAD + "a 1\n",
        "# HELP a Help.\na 1\n",
        "# TYPE a gauge\na 1\n",
        "# TYPE a gauge\na 1\n# HELP a Help.\n"
      })
  void whatPrometheusWouldRefuse_isRefused(String text) {
    assertThatThrownBy(() -> Exposition.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
