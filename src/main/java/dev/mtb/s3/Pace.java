package dev.mtb.s3;

/** How fast requests may be sent. Thread-safe. */
public interface Pace {
  /** Holds up nothing. */
  Pace FREE =
      new Pace() {
        @Override
        public void request() {}

        @Override
        public int take(long wanted) {
          return (int) Math.min(wanted, Integer.MAX_VALUE);
        }
      };

  /** Waits until one more request may be sent; a retry is one, too. */
  void request();

  /**
   * Waits until some bytes of a body may be sent.
   *
   * @param wanted at least one
   * @return how many may be sent now: at least one, and not more than wanted
   */
  int take(long wanted);
}
