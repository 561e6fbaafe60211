package dev.mtb.copy;

import dev.mtb.store.ElsewhereException;

/** The run is being stopped; what was begun is undone. */
public final class StoppedException extends ElsewhereException {
  private static final long serialVersionUID = 1;

  StoppedException() {
    super("stopped", null);
  }
}
