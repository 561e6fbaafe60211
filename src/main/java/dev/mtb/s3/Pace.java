package dev.mtb.s3;

/** How fast requests may be sent, and how many at a time. Thread-safe. */
public interface Pace {
  /** A pace without limits. */
  Pace FREE =
      new Pace() {
        @Override
        public void request() {}

        @Override
        public int take(long wanted) {
          return (int) Math.min(wanted, Integer.MAX_VALUE);
        }
      };

  /**
   * Waits until one more request may be under way; a retry is one, too. Called before it is signed.
   *
   * @return to be given to {@link #end}
   */
  default long begin() {
    return 0;
  }

  /**
   * Notes that a request is no longer under way: it was answered, or failed. Reading its body later
   * does not count.
   *
   * @param begun what {@link #begin} has returned
   * @param isThrottled whether the server asks for fewer requests
   */
  default void end(long begun, boolean isThrottled) {}

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
