package dev.mtb.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an interrupt of the running thread, and keeps the process
 * alive until that has finished or undone what was in flight and written its report.
 */
final class Interrupts implements AutoCloseable {
  /** A little longer than the engine's own patience, so that its report still comes. */
  private static final long PATIENCE_SECONDS = 15;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook;
  private volatile int exitCode = 130;

  private Interrupts(Thread running) {
    hook =
        new Thread(
            () -> {
              running.interrupt();
              try {
                if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                  System.err.println("mtb: gave up waiting for what was in flight");
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              // The JVM's own code would be 128 + the signal's number.
              Runtime.getRuntime().halt(exitCode);
            },
            "mtb-signal");
  }

  static Interrupts install() {
    Interrupts interrupts = new Interrupts(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(interrupts.hook);
    return interrupts;
  }

  /** The report is written; this is how it went. */
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
      // It is running already, and will end the process.
    }
  }
}
