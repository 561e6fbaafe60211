package dev.mtb.testing;

import java.util.Random;

/**
 * Seeds of random tests: printed, so that a failure can be repeated with {@code -Dmtb.seed=NUMBER}.
 */
public final class Seed {
  private static final String PROPERTY = "mtb.seed";

  private Seed() {}

  /**
   * A random seed, or the one of the system property.
   *
   * @param what it is for; printed with it
   */
  public static long of(String what) {
    Long given = Long.getLong(PROPERTY);
    long seed = given != null ? given : new Random().nextLong() >>> 16;
    System.out.println(what + ": -D" + PROPERTY + "=" + seed);
    return seed;
  }
}
