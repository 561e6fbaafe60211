package dev.mtb.model;

import java.security.MessageDigest;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.codec.digest.MessageDigestAlgorithms;

/** Digests that {@code CompareMode.CHECKSUM} can use. */
public enum DigestAlgorithm {
  /** The default: it is what the ETag of an S3 object holds. */
  MD5(MessageDigestAlgorithms.MD5),
  /** 160 bits. */
  SHA1(MessageDigestAlgorithms.SHA_1),
  /** 256 bits; for sources in which another user may have put files with the same MD5. */
  SHA256(MessageDigestAlgorithms.SHA_256),
  /** 512 bits; faster than SHA-256 on processors without instructions for it. */
  SHA512(MessageDigestAlgorithms.SHA_512);

  private final String standardName;

  DigestAlgorithm(String standardName) {
    this.standardName = standardName;
  }

  /** Starts a fresh digest, which is not thread-safe. */
  public MessageDigest start() {
    return DigestUtils.getDigest(standardName);
  }
}
