package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.InvalidJobException;
import java.time.Duration;
import java.util.Optional;

/**
 * What makes a file differ from its copy. Immutable.
 *
 * @param mode how content is compared
 * @param modifyWindow times of modification no further apart than this are equal; not negative;
 *     empty if they are compared as finely as source and destination keep them
 * @param digest the digest of {@link CompareMode#CHECKSUM}, of {@link Checks#verifyAfter()} and of
 *     the {@link BackupOptions#manifest()}
 */
public record ComparisonOptions(
    CompareMode mode, Optional<Duration> modifyWindow, DigestAlgorithm digest) {
  /** {@link CompareMode#SIZE_MTIME}, and MD5, which is the digest that S3 itself keeps. */
  public static final ComparisonOptions DEFAULT =
      new ComparisonOptions(CompareMode.SIZE_MTIME, Optional.empty(), DigestAlgorithm.MD5);

  /** Refuses a negative window with an {@link InvalidJobException}. */
  public ComparisonOptions {
    requireNonNull(mode);
    requireNonNull(digest);
    if (modifyWindow.orElse(Duration.ZERO).isNegative()) {
      throw new InvalidJobException("modify window " + modifyWindow.get() + " is negative");
    }
  }

  /** The same with another {@link #mode()}. */
  public ComparisonOptions withMode(CompareMode value) {
    return new ComparisonOptions(value, modifyWindow, digest);
  }

  /** The same with a {@link #modifyWindow()}. */
  public ComparisonOptions withModifyWindow(Duration value) {
    return new ComparisonOptions(mode, Optional.of(value), digest);
  }

  /** The same with another {@link #digest()}. */
  public ComparisonOptions withDigest(DigestAlgorithm value) {
    return new ComparisonOptions(mode, modifyWindow, value);
  }
}
