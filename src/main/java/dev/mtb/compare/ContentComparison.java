package dev.mtb.compare;

import dev.mtb.model.DigestAlgorithm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import org.apache.commons.codec.binary.Hex;

/** Reads both sides and compares their digests. Thread-safe. */
public final class ContentComparison {
  private final DigestAlgorithm algorithm;

  /** Compares by a digest. */
  public ContentComparison(DigestAlgorithm algorithm) {
    this.algorithm = algorithm;
  }

  /**
   * Reads a channel to its end.
   *
   * @param buffer to read with; its content is lost
   * @return the digest in lower-case hexadecimal digits
   */
  public String digest(ReadableByteChannel channel, ByteBuffer buffer) throws IOException {
    MessageDigest digest = algorithm.start();
    while (channel.read(buffer.clear()) >= 0) {
      digest.update(buffer.flip());
    }
    return Hex.encodeHexString(digest.digest());
  }
}
