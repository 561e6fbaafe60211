package dev.mtb.place;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OpenTreeTest {
  /** By then everything that is needed was read. */
  @Test
  void failureToClose_doesNotFailTheRun() {
    OpenTree tree =
        new OpenTree(
            OpenTree.ofThisMachine(Path.of("").toAbsolutePath()),
            Optional.empty(),
            () -> {
              throw new IOException("Input/output error");
            });

    assertThatCode(tree::close).doesNotThrowAnyException();
  }
}
