package dev.mtb.copy;

import java.io.IOException;

/** The run is being stopped; what was begun is undone. */
public final class StoppedException extends IOException {
  private static final long serialVersionUID = 1;

  StoppedException() {
    super("stopped");
  }
}
