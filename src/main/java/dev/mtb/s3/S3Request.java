package dev.mtb.s3;

import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;

/** A request that is being built. For one thread. */
final class S3Request {
  final String method;

  /** The key of the object; empty for the bucket. */
  final String key;

  final List<Map.Entry<String, String>> query = new ArrayList<>();

  /** By their names in lower case. All are signed. */
  final TreeMap<String, String> headers = new TreeMap<>();

  /** The body; null if there is none. */
  Body body;

  /** The digest of the body in hexadecimal, or what stands for it. */
  String payload = Signer.NO_PAYLOAD;

  S3Request(String method, String key) {
    this.method = method;
    this.key = key;
  }

  /** Adds a parameter of the query; one that is null is left out. */
  S3Request query(String name, String value) {
    if (value != null) {
      query.add(Map.entry(name, value));
    }
    return this;
  }

  S3Request headers(Map<String, String> more) {
    headers.putAll(more);
    return this;
  }

  /**
   * Sends a content whose digest is not signed: to sign it, it would have to be read once more.
   * {@code Content-MD5}, TLS or the tag in the answer shows whether it was changed in transit.
   */
  S3Request unsigned(Body content) {
    body = content;
    payload = Signer.UNSIGNED_PAYLOAD;
    return this;
  }

  /**
   * Sends a content, and signs its digest, for which it is read here.
   *
   * @throws SourceException if it cannot be read
   */
  S3Request signed(Body content) throws IOException {
    body = content;
    payload = Hex.encodeHexString(digest(content, DigestUtils.getSha256Digest()));
    return this;
  }

  /**
   * Reads a content for its digest.
   *
   * @throws SourceException if it cannot be read
   */
  static byte[] digest(Body content, MessageDigest algorithm) throws IOException {
    content.writeTo(new DigestOutputStream(OutputStream.nullOutputStream(), algorithm));
    return algorithm.digest();
  }

  /** Sends a document, and signs its digest. */
  S3Request signed(byte[] document) {
    body = Body.of(document);
    payload = Signer.sha256(document);
    return this;
  }
}
