package dev.mtb.doctor;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for something until a time limit is over. */
final class Deadline {
  private Deadline() {}

  /**
   * Runs a task on a thread of its own. If it takes too long, it is left behind: a system call on a
   * dead mount cannot be interrupted.
   *
   * @throws TimeoutException if it has not ended by then
   * @throws InterruptedException if the waiting thread was interrupted
   * @throws IOException if the task has thrown it
   */
  static <T> T within(Duration limit, Callable<T> task)
      throws IOException, TimeoutException, InterruptedException {
    FutureTask<T> future = new FutureTask<>(task);
    Thread thread = new Thread(future, "mtb-doctor");
    thread.setDaemon(true);
    thread.start();
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      thread.interrupt();
    }
  }
}
