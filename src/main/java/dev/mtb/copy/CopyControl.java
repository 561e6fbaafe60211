package dev.mtb.copy;

import dev.mtb.store.Retry;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * The control of a run over its copies: it counts their bytes, and can stop them.
 *
 * @param bytesWritten told of each chunk
 * @param isStopping asked between chunks
 * @param pause waits between tries
 */
public record CopyControl(
    LongConsumer bytesWritten, BooleanSupplier isStopping, Retry.Pause pause) {

  void stopIfAsked() throws StoppedException {
    if (isStopping.getAsBoolean()) {
      throw new StoppedException();
    }
  }
}
