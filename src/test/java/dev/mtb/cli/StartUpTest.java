package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Iterables;
import dev.mtb.cli.startup.Preload;
import org.junit.jupiter.api.Test;

/** What makes MTB start quickly, and would fail without being noticed. */
class StartUpTest {
  @Test
  void classesThatAreNamed_exist() {
    assertThat(Iterables.concat(Preload.CLASSES, Rehearsal.CLASSES))
        .allSatisfy(
            name ->
                assertThat(
                        Class.forName(name, /* initialize= */ false, getClass().getClassLoader()))
                    .isNotNull());
  }
}
