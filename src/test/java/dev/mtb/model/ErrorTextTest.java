package dev.mtb.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;

class ErrorTextTest {
  @Test
  void message_isTheReason() {
    assertThat(ErrorText.of(new AccessDeniedException("f"))).isEqualTo("permission denied");
    assertThat(ErrorText.of(new FileSystemException("f", null, "busy"))).isEqualTo("busy");
    assertThat(ErrorText.of(new IOException("broken"))).isEqualTo("broken");
    assertThat(ErrorText.of(new IllegalStateException("odd"))).isEqualTo("odd");
  }

  @Test
  void withoutAMessage_wordsStandForTheNameOfTheClass() {
    assertThat(ErrorText.of(new ClosedChannelException())).isEqualTo("closed channel");
    assertThat(ErrorText.of(new EOFException())).isEqualTo("eof");
    assertThat(ErrorText.of(new UnsupportedOperationException()))
        .isEqualTo("unsupported operation");
    assertThat(ErrorText.of(new IllegalStateException(" "))).isEqualTo("illegal state");
    assertThat(ErrorText.of(new Exception() {})).isEqualTo("an unexpected error");
  }
}
