package dev.mtb.benchmarks;

import dev.mtb.testing.CountingProxy;
import java.time.Duration;

/**
 * What lies between the tool, or s3fs, and the bucket.
 *
 * @param roundTripMillis what is added to the time between a request and its response
 * @param upMegabits upstream bandwidth in Mbit/s; 0 is no limit
 */
record Link(int roundTripMillis, int upMegabits) {
  /** No proxy at all. */
  static final Link NONE = new Link(-1, 0);

  /** Reads {@code 50} or, with a bandwidth, {@code 50@20}. */
  static Link parse(String text) {
    String[] parts = text.split("@", 2);
    return new Link(Integer.parseInt(parts[0]), parts.length < 2 ? 0 : Integer.parseInt(parts[1]));
  }

  String label() {
    if (equals(NONE)) {
      return "folder to folder";
    }
    return roundTripMillis + " ms" + (upMegabits == 0 ? "" : ", " + upMegabits + " Mbit/s up");
  }

  void apply(CountingProxy proxy) {
    proxy.setRoundTrip(Duration.ofMillis(roundTripMillis));
    proxy.setUpstreamBandwidth(upMegabits * 1_000_000L);
  }

  /** Waiting dominates, so that a second tool that waits beside the first does not slow it. */
  boolean leavesProcessorIdle() {
    return roundTripMillis >= 20;
  }
}
