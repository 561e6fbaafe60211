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
 * @param modifyWindow times of modification no further apart than this are equal; empty if they are
 *     compared as finely as source and destination keep them
 * @param digest the digest of {@link CompareMode#CHECKSUM}, of {@link Checks#verifyAfter()} and of
 *     the {@link BackupOptions#manifest()}
 */
public record ComparisonOptions(
    CompareMode mode, Optional<Duration> modifyWindow, DigestAlgorithm digest) {
  /** {@link CompareMode#SIZE_MTIME}, and MD5, which is the digest that S3 itself keeps. */
  public static final ComparisonOptions DEFAULT =
      new ComparisonOptions(CompareMode.SIZE_MTIME, Optional.empty(), DigestAlgorithm.MD5);

  /**
   * Checks the values.
   *
   * @throws InvalidJobException if the window is negative
   */
  public ComparisonOptions {
    requireNonNull(mode);
    requireNonNull(digest);
    modifyWindow.ifPresent(
        window -> {
          if (window.isNegative()) {
            throw new InvalidJobException("modify window " + window + " is negative");
          }
        });
  }

  /**
   * The same with another {@link #mode()}.
   *
   * @param value how content is compared
   * @return a copy
   */
  public ComparisonOptions withMode(CompareMode value) {
    return new ComparisonOptions(value, modifyWindow, digest);
  }

  /**
   * The same with a {@link #modifyWindow()}.
   *
   * @param value zero or more
   * @return a copy
   * @throws InvalidJobException if it is negative
   */
  public ComparisonOptions withModifyWindow(Duration value) {
    return new ComparisonOptions(mode, Optional.of(value), digest);
  }

  /**
   * The same with another {@link #digest()}.
   *
   * @param value the digest
   * @return a copy
   */
  public ComparisonOptions withDigest(DigestAlgorithm value) {
    return new ComparisonOptions(mode, modifyWindow, value);
  }
}
