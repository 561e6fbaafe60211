package dev.mtb.scan;

import com.google.common.hash.HashCode;
import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A set of paths that keeps 16 bytes of each: a list of a million names fits into 50 MB.
 *
 * <p>It holds 128-bit hashes with a random seed. The probability that two of a million paths have
 * the same hash is below 10<sup>-26</sup>, far below that of a memory error, and such a pair cannot
 * be prepared without the seed. Not thread-safe.
 */
final class PathSet {
  private static final int FIRST_CAPACITY = 64;

  private final HashFunction hash = Hashing.murmur3_128(ThreadLocalRandom.current().nextInt());

  /** Two longs a slot; both zero means free. */
  private long[] slots = new long[2 * FIRST_CAPACITY];

  private byte[] taken = new byte[FIRST_CAPACITY];
  private int size;
  private int takenCount;

  /** Adds a path. To add it twice has no effect. */
  void add(byte[] path, int length, boolean outside) {
    if (2 * (size + 1) > taken.length) {
      grow();
    }
    HashCode code = code(path, length, outside);
    int slot = find(first(code), second(code));
    if (isFree(slot)) {
      slots[2 * slot] = first(code);
      slots[2 * slot + 1] = second(code);
      size++;
    }
  }

  boolean contains(byte[] path, int length, boolean outside) {
    HashCode code = code(path, length, outside);
    return !isFree(find(first(code), second(code)));
  }

  /**
   * Finds the longest proper ancestor of a path in this set.
   *
   * @return its length in bytes, or -1 if there is none
   */
  int above(byte[] path, boolean outside) {
    for (int i = path.length - 1; i > 0; i--) {
      if (path[i] == '/' && contains(path, i, outside)) {
        return i;
      }
    }
    return path.length > 0 && contains(path, 0, outside) ? 0 : -1;
  }

  /**
   * Finds a path or its longest ancestor in this set.
   *
   * @return its length in bytes, or -1 if there is none
   */
  int atOrAbove(byte[] path, boolean outside) {
    return contains(path, path.length, outside) ? path.length : above(path, outside);
  }

  /**
   * Answers true for the first call with a path that is in the set, false for every later one.
   *
   * @throws IllegalStateException if it is not in the set
   */
  boolean take(byte[] path, int length, boolean outside) {
    HashCode code = code(path, length, outside);
    int slot = find(first(code), second(code));
    if (isFree(slot)) {
      throw new IllegalStateException("not in the set");
    }
    boolean isFirst = taken[slot] == 0;
    taken[slot] = 1;
    takenCount += isFirst ? 1 : 0;
    return isFirst;
  }

  int size() {
    return size;
  }

  /** How many were taken. */
  int takenCount() {
    return takenCount;
  }

  private HashCode code(byte[] path, int length, boolean outside) {
    return hash.newHasher(length + 1).putBoolean(outside).putBytes(path, 0, length).hash();
  }

  private static long first(HashCode code) {
    // Never zero, so that zero can stand for a free slot.
    return code.asLong() | 1;
  }

  private static long second(HashCode code) {
    return ByteBuffer.wrap(code.asBytes()).order(ByteOrder.LITTLE_ENDIAN).getLong(Long.BYTES);
  }

  private boolean isFree(int slot) {
    return slots[2 * slot] == 0;
  }

  private int find(long first, long second) {
    int mask = taken.length - 1;
    int slot = (int) (second ^ (second >>> 32)) & mask;
    while (!isFree(slot) && (slots[2 * slot] != first || slots[2 * slot + 1] != second)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldSlots = slots;
    byte[] oldTaken = taken;
    slots = new long[2 * oldSlots.length];
    taken = new byte[2 * oldTaken.length];
    for (int old = 0; old < oldTaken.length; old++) {
      if (oldSlots[2 * old] != 0) {
        int slot = find(oldSlots[2 * old], oldSlots[2 * old + 1]);
        slots[2 * slot] = oldSlots[2 * old];
        slots[2 * slot + 1] = oldSlots[2 * old + 1];
        taken[slot] = oldTaken[old];
      }
    }
  }
}
