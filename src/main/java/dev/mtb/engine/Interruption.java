package dev.mtb.engine;

/**
 * An interruption of the thread that runs a job. It is held back until the run ends, since in an
 * interrupted thread all file operations fail. For that thread only.
 */
final class Interruption {
  private boolean isPending;

  /** Notes that an {@link InterruptedException} was caught. */
  void caught() {
    isPending = true;
  }

  /** Clears the thread's interrupt status, and tells whether it was set. */
  boolean take() {
    boolean isSet = Thread.interrupted();
    isPending |= isSet;
    return isSet;
  }

  /** Interrupts the thread again if it was interrupted; for the end of the run. */
  void restore() {
    if (isPending) {
      Thread.currentThread().interrupt();
    }
  }
}
