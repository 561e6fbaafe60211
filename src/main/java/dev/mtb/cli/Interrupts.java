package dev.mtb.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an interrupt of the running thread. The process then stays
 * alive until the run has finished or undone what was in flight and written its report.
 */
final class Interrupts implements AutoCloseable {
  /** A little longer than the engine waits, so that its report is still written. */
  private static final long TIMEOUT_SECONDS = 15;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook;
  private volatile int exitCode = 130;

  private Interrupts(Thread running) {
    hook = new Thread(() -> stop(running), "mtb-signal");
  }

  static Interrupts install() {
    Interrupts interrupts = new Interrupts(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(interrupts.hook);
    return interrupts;
  }

  private void stop(Thread running) {
    running.interrupt();
    try {
      if (!finished.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("mtb: gave up waiting for what was in flight");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // The JVM itself would exit with 128 + the signal's number.
    Runtime.getRuntime().halt(exitCode);
  }

  /** Says that the report is written, and with which code to exit. */
  void finished(int code) {
    exitCode = code;
    finished.countDown();
  }

  @Override
  public void close() {
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook is running already, and will end the process.
    }
  }
}
