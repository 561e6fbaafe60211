package dev.mtb.store.bucket;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.store.ContentTag;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;

/**
 * The MD5s of the parts of a file, and where the parts begin and end. They take 16 bytes a part,
 * 160 KB at most. Different threads may set different parts.
 */
final class PartDigests {
  private static final int MD5_BYTES = 16;

  private final long size;
  private final long partSize;
  private final byte[] md5s;

  /** Makes the digests of a file, which are to be set. */
  PartDigests(long size) {
    this(size, ContentTag.partSize(size));
  }

  private PartDigests(long size, long partSize) {
    this.size = size;
    this.partSize = partSize;
    md5s = new byte[Math.toIntExact((size + partSize - 1) / partSize * MD5_BYTES)];
  }

  int count() {
    return md5s.length / MD5_BYTES;
  }

  /** Where a part begins. */
  long start(int index) {
    return index * partSize;
  }

  /** How many bytes a part has: the last one may have fewer than the others. */
  long length(int index) {
    return Math.min(partSize, size - start(index));
  }

  void set(int index, byte[] md5) {
    System.arraycopy(md5, 0, md5s, index * MD5_BYTES, MD5_BYTES);
  }

  private byte[] get(int index) {
    return Arrays.copyOfRange(md5s, index * MD5_BYTES, (index + 1) * MD5_BYTES);
  }

  /** Whether other digests are of parts that begin at the same places. */
  boolean hasGridOf(PartDigests other) {
    return partSize == other.partSize;
  }

  /** Whether there is such a part; for digests that have the same grid. */
  boolean has(int index, long length) {
    return index < count() && length(index) == length;
  }

  boolean isSame(int index, byte[] md5) {
    return Arrays.equals(get(index), md5);
  }

  boolean isSame(PartDigests other) {
    return size == other.size && Arrays.equals(md5s, other.md5s);
  }

  /** The tag of the object that these parts make. */
  ContentTag tag() {
    byte[] whole = DigestAlgorithm.MD5.start().digest(md5s);
    return new ContentTag(Hex.encodeHexString(whole), count());
  }

  /**
   * The parts of an object in the bucket.
   *
   * @param tag of the object: that of its parts, or another one if it was copied as a whole since
   */
  record OfObject(PartDigests parts, ContentTag tag) {
    boolean hasSize(long size) {
      return parts.size == size;
    }

    OfObject withTag(ContentTag other) {
      return new OfObject(parts, other);
    }

    byte[] toBytes() {
      byte[] text = tag.toString().getBytes(US_ASCII);
      return ByteBuffer.allocate(2 * Long.BYTES + parts.md5s.length + text.length)
          .putLong(parts.size)
          .putLong(parts.partSize)
          .put(parts.md5s)
          .put(text)
          .array();
    }

    /** Reads what {@link #toBytes} has made; empty if it is something else. */
    static Optional<OfObject> of(byte[] bytes) {
      try {
        ByteBuffer fields = ByteBuffer.wrap(bytes);
        PartDigests parts = new PartDigests(fields.getLong(), fields.getLong());
        fields.get(parts.md5s);
        byte[] text = new byte[fields.remaining()];
        fields.get(text);
        return ContentTag.parse(new String(text, US_ASCII)).map(tag -> new OfObject(parts, tag));
      } catch (RuntimeException e) {
        return Optional.empty();
      }
    }
  }
}
