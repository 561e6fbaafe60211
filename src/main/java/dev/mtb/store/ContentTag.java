package dev.mtb.store;

import dev.mtb.model.DigestAlgorithm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.codec.binary.Hex;

/**
 * The ETag of an object: the MD5 of its content, or for one that was uploaded in parts the MD5 of
 * the parts' MD5s, a dash and their number (the Amazon S3 user guide, "Checking object integrity",
 * except where the server encrypts with keys of KMS or the customer's own).
 *
 * @param md5 in lower-case hexadecimal digits
 * @param parts how many; 0 for an object that was uploaded at once
 */
public record ContentTag(String md5, int parts) {
  /** The size of s3fs's parts by default, and of MTB's. */
  public static final long PART_SIZE = 10L << 20;

  /** S3 takes no more parts in one object. */
  public static final int MOST_PARTS = 10_000;

  private static final long MEBIBYTE = 1L << 20;

  /**
   * The sizes of parts that tools use, in MiB: s3fs, rclone, AWS's own, s5cmd, sizes that users
   * often set, and MTB's where a large object is copied onto itself. An object in parts of another
   * size cannot be proved equal.
   */
  private static final long[] USUAL_SIZES = {
    10, 5, 8, 16, 50, 15, 20, 25, 32, 64, 100, 128, 512, 1024
  };

  private static final Pattern FORM = Pattern.compile("\"?([0-9a-fA-F]{32})(?:-([0-9]{1,5}))?\"?");

  /**
   * Reads an ETag.
   *
   * @param text with or without quotation marks
   * @return empty if it has another form, and so says nothing of the content
   */
  public static Optional<ContentTag> parse(String text) {
    if (text == null) {
      return Optional.empty();
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String parts = matcher.group(2);
    return Optional.of(
        new ContentTag(
            matcher.group(1).toLowerCase(Locale.ROOT),
            parts == null ? 0 : Integer.parseInt(parts)));
  }

  /** As S3 writes it, without quotation marks. */
  @Override
  public String toString() {
    return parts == 0 ? md5 : md5 + "-" + parts;
  }

  /** The ETag as it stands in a header. */
  public String toHeader() {
    return '"' + toString() + '"';
  }

  /**
   * How large the parts of an upload are.
   *
   * @param size of the file
   * @return always the same for the same size, so that the tag can be worked out again
   */
  public static long partSize(long size) {
    long least = (size + MOST_PARTS - 1) / MOST_PARTS;
    long whole = (least + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE;
    return Math.max(PART_SIZE, whole);
  }

  /**
   * Compares a content with the content of the object.
   *
   * @param content read to its end, not closed
   * @param size of the content
   * @param buffer to read with; its content is lost
   * @return empty if that cannot be told: parts may have any size
   * @throws IOException if reading fails
   */
  public Optional<Boolean> proves(ReadableByteChannel content, long size, ByteBuffer buffer)
      throws IOException {
    List<PartDigest> candidates = candidates(size);
    if (candidates.isEmpty()) {
      return Optional.empty();
    }
    while (content.read(buffer.clear()) >= 0) {
      buffer.flip();
      for (PartDigest candidate : candidates) {
        candidate.update(buffer.duplicate());
      }
    }
    boolean isSame = candidates.stream().anyMatch(candidate -> candidate.tag().equals(this));
    boolean isCertain = isSame || parts <= 1;
    return isCertain ? Optional.of(isSame) : Optional.empty();
  }

  private List<PartDigest> candidates(long size) {
    if (parts == 0) {
      return List.of(new PartDigest(Long.MAX_VALUE));
    }
    if (parts == 1) {
      return List.of(new PartDigest(Math.max(1, size)));
    }
    List<PartDigest> candidates = new ArrayList<>();
    long own = partSize(size);
    if (count(size, own) == parts) {
      candidates.add(new PartDigest(own));
    }
    for (long usual : USUAL_SIZES) {
      long partSize = usual * MEBIBYTE;
      if (partSize != own && count(size, partSize) == parts) {
        candidates.add(new PartDigest(partSize));
      }
    }
    return candidates;
  }

  private static long count(long size, long partSize) {
    return (size + partSize - 1) / partSize;
  }

  /** Computes the tag that the object would have with parts of one size. */
  private static final class PartDigest {
    private final long partSize;
    private final MessageDigest part = DigestAlgorithm.MD5.start();
    private final MessageDigest whole = DigestAlgorithm.MD5.start();
    private long inPart;
    private int parts;

    PartDigest(long partSize) {
      this.partSize = partSize;
    }

    void update(ByteBuffer buffer) {
      while (buffer.hasRemaining()) {
        int length = (int) Math.min(buffer.remaining(), partSize - inPart);
        ByteBuffer slice = buffer.slice(buffer.position(), length);
        part.update(slice);
        buffer.position(buffer.position() + length);
        inPart += length;
        if (inPart == partSize) {
          endPart();
        }
      }
    }

    private void endPart() {
      whole.update(part.digest());
      parts++;
      inPart = 0;
    }

    ContentTag tag() {
      if (partSize == Long.MAX_VALUE) {
        return new ContentTag(Hex.encodeHexString(part.digest()), 0);
      }
      if (inPart > 0) {
        endPart();
      }
      return new ContentTag(Hex.encodeHexString(whole.digest()), parts);
    }
  }

  /**
   * The tag of an object that was uploaded at once.
   *
   * @param md5 of its content, sixteen bytes
   * @return its tag
   */
  public static ContentTag of(byte[] md5) {
    return new ContentTag(Hex.encodeHexString(md5), 0);
  }

  /**
   * The tag of an object that was uploaded in parts.
   *
   * @param md5s of the parts, in order
   * @return its tag
   */
  public static ContentTag ofParts(List<byte[]> md5s) {
    MessageDigest whole = DigestAlgorithm.MD5.start();
    md5s.forEach(whole::update);
    return new ContentTag(Hex.encodeHexString(whole.digest()), md5s.size());
  }
}
