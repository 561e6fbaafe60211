package dev.mtb.testing;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Runs a check against many random inputs. The seed is printed, and named by the failure, so that
 * {@code -Dmtb.seed=N} runs the same again. For one thread.
 */
public final class Fuzz {
  /** A check that may throw anything. */
  @FunctionalInterface
  public interface Check {
    void run(Random random) throws Exception;
  }

  /** Texts that parsers or terminals may misinterpret. */
  private static final String[] FRAGMENTS = {
    "/",
    "//",
    ".",
    "..",
    "../",
    "/../",
    "\0",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\\",
    "\\040",
    "\\9",
    "\\0",
    "%",
    "%2F",
    "%00",
    ":",
    "::",
    "=",
    ",",
    "-",
    "-o",
    "--",
    "#",
    ";",
    "\"",
    "'",
    "@",
    "?",
    "*",
    "\u001b[31m",
    "\u0007",
    "\u009b",
    "\u202e",
    "\u2028",
    "\ufeff",
    "\ufffd",
    "é",
    "😀",
    "\ud800",
    "\udc80",
    "a",
    "name",
    "bucket",
    "0",
    "1",
    "07",
    "-1",
    "9999999999",
    "9223372036854775807",
    "99999999999999999999",
    "1e9",
    "0x1ff",
    "fuse.s3fs",
    "s3fs",
    "s3://",
    "http://",
    "localhost",
    "\u00ff\u00fe",
    "\u00ef\u00bb\u00bf"
  };

  private final long seed;

  private Fuzz(long seed) {
    this.seed = seed;
  }

  /** Chooses a seed, or takes that of the system property {@code mtb.seed}. */
  public static Fuzz seeded(String name) {
    long seed = Long.getLong("mtb.seed", System.nanoTime() & 0xffffffffL);
    System.out.println(name + ": -Dmtb.seed=" + seed);
    return new Fuzz(seed);
  }

  /** Runs the check so many times, each with random numbers of its own. */
  public void times(int count, Check check) {
    for (int i = 0; i < count; i++) {
      try {
        check.run(new Random(seed + i));
      } catch (Exception | AssertionError | StackOverflowError e) {
        throw new AssertionError("-Dmtb.seed=" + (seed + i) + ", first input: " + e, e);
      }
    }
  }

  /** A text of up to so many fragments, some of them hostile. */
  public static String text(Random random, int most, String... own) {
    StringBuilder text = new StringBuilder();
    int count = random.nextInt(most + 1);
    for (int i = 0; i < count; i++) {
      boolean isOwn = own.length > 0 && random.nextBoolean();
      String[] from = isOwn ? own : FRAGMENTS;
      text.append(from[random.nextInt(from.length)]);
      if (random.nextInt(8) == 0) {
        text.append((char) random.nextInt(0x100));
      }
    }
    return text.toString();
  }

  /** A text with some of its characters changed, taken out or doubled. */
  public static String mutated(Random random, String text) {
    StringBuilder result = new StringBuilder(text);
    for (int i = random.nextInt(4); i >= 0 && result.length() > 0; i--) {
      int at = random.nextInt(result.length());
      switch (random.nextInt(4)) {
        case 0 -> result.deleteCharAt(at);
        case 1 -> result.insert(at, text(random, 2));
        case 2 -> result.setCharAt(at, (char) random.nextInt(0x100));
        default -> result.setLength(at);
      }
    }
    return result.toString();
  }

  /** Bytes with some of them changed, or cut off. */
  public static byte[] mutated(Random random, byte[] bytes) {
    boolean isCut = random.nextInt(4) == 0;
    byte[] result =
        java.util.Arrays.copyOf(bytes, isCut ? random.nextInt(bytes.length + 1) : bytes.length);
    for (int i = random.nextInt(30); i >= 0 && result.length > 0; i--) {
      result[random.nextInt(result.length)] = (byte) random.nextInt();
    }
    return result;
  }

  /** The bytes of a text of {@link #text}. */
  public static byte[] bytes(Random random, int most, String... own) {
    return text(random, most, own)
        .getBytes(random.nextBoolean() ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
  }
}
