package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.Bytes;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;

/**
 * The part of a job that one of several machines does. All of them see the same sources and write
 * to the same destination. They need not know of each other: the part that an entry belongs to
 * follows from the path at which it lands and from nothing else, so that it is the same on every
 * machine, in every version of Java and at every moment. Immutable and thread-safe.
 *
 * <p>A directory and the files in it are in one part; a directory in it may be in another. Sizes
 * that are known beforehand ({@link Builder#known}) balance the parts; other files are assigned by
 * a hash of their directory's path. Sizes that a run finds are not used: they change, and then each
 * of two machines could assume that the other one copies a file.
 *
 * <pre>{@code
 * BackupOptions options = BackupOptions.builder().shard(Shard.of(2, 4)).build();
 * }</pre>
 */
public final class Shard {
  /** As many as an indexed Job of Kubernetes may have at once; AWS Batch and Slurm take fewer. */
  public static final int MAX_COUNT = 100_000;

  /** The whole job. */
  public static final Shard WHOLE = of(1, 1);

  /**
   * The cost of an entry of known size besides its bytes. Small files cost round trips more than
   * bytes. Without this value, all empty directories would go to the shard that has the fewest
   * bytes.
   */
  private static final long EACH = 1 << 20;

  private final int index;
  private final int count;

  /** Hashes of the paths whose sizes are known, in order; and the part of each, from 1. */
  private final long[] known;

  private final int[] owners;

  private Shard(int index, int count, long[] known, int[] owners) {
    this.index = index;
    this.count = count;
    this.known = known;
    this.owners = owners;
  }

  /**
   * A part from 1 to {@code count}, which is at most {@link #MAX_COUNT}; other numbers are refused.
   */
  public static Shard of(int index, int count) {
    return builder(index, count).build();
  }

  /**
   * Starts a part that is balanced by sizes.
   *
   * @throws InvalidJobException if it is not a part 1 to {@code count} of at most {@link
   *     #MAX_COUNT}
   */
  public static Builder builder(int index, int count) {
    if (count < 1 || count > MAX_COUNT) {
      throw new InvalidJobException(
          "the number of shards must be between 1 and " + MAX_COUNT + ", not " + count);
    }
    if (index < 1 || index > count) {
      throw new InvalidJobException(
          String.format(
              "shards are counted from 1: there is no shard %d of %d, only 1/%2$d to %2$d/%2$d",
              index, count));
    }
    return new Builder(index, count);
  }

  /** Which part this is, from 1. */
  public int index() {
    return index;
  }

  /** How many parts there are. */
  public int count() {
    return count;
  }

  /** Whether there is one part only. */
  public boolean isWhole() {
    return count == 1;
  }

  /**
   * Tells whether the directory that lands at a path is in this part: itself with its metadata, and
   * what its listing at the destination holds, except for files of known size. So what the
   * destination has in it and the source has not is also in this part, with everything below. An
   * empty path is the destination itself.
   */
  public boolean owns(Path directory) {
    return count == 1 || owner(hash(PathBytes.of(directory))) == index;
  }

  /** Tells whether the file or link that lands at a path is in this part. */
  public boolean ownsFile(Path file) {
    if (count == 1) {
      return true;
    }
    byte[] path = PathBytes.of(file);
    int place = known.length == 0 ? -1 : Arrays.binarySearch(known, hash(path));
    if (place >= 0) {
      return owners[place] == index;
    }
    int slash = Bytes.lastIndexOf(path, (byte) '/');
    return owner(hash(Arrays.copyOf(path, Math.max(0, slash)))) == index;
  }

  private int owner(long hash) {
    int place = Arrays.binarySearch(known, hash);
    return place >= 0 ? owners[place] : 1 + (int) Long.remainderUnsigned(hash, count);
  }

  /** The same on each machine and in each version, since its definition is fixed. */
  private static long hash(byte[] path) {
    return Hashing.murmur3_128().hashBytes(path).asLong();
  }

  /** A short text that all parts of one division of the job have in common, and no others. */
  public String division() {
    if (known.length == 0) {
      return Integer.toString(count);
    }
    Hasher hasher = Hashing.murmur3_128().newHasher();
    for (int i = 0; i < known.length; i++) {
      hasher.putLong(known[i]).putInt(owners[i]);
    }
    return count + " by sizes " + hasher.hash();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shard shard
        && index == shard.index
        && count == shard.count
        && Arrays.equals(known, shard.known)
        && Arrays.equals(owners, shard.owners);
  }

  @Override
  public int hashCode() {
    return Objects.hash(index, count, Arrays.hashCode(known), Arrays.hashCode(owners));
  }

  /** The part as it is written on the command line, such as {@code 2/4}. */
  @Override
  public String toString() {
    return index + "/" + count;
  }

  /** Collects what is known beforehand. Not thread-safe. */
  public static final class Builder {
    private record Known(long hash, long bytes) {}

    private record Load(int owner, long bytes) {}

    private final int index;
    private final int count;
    private final List<Known> sizes = new ArrayList<>();

    private Builder(int index, int count) {
      this.index = index;
      this.count = count;
    }

    /**
     * Notes the size of a file, which is then assigned by itself, or of a directory: the size of
     * the files in it that are not noted themselves, without those in directories below. It need
     * not be exact, but all machines must note the same sizes, in any order: otherwise a file may
     * be in no part at all. A negative size is an {@link InvalidJobException}.
     *
     * @param path where the file or directory lands
     */
    public Builder known(Path path, long bytes) {
      if (bytes < 0) {
        throw new InvalidJobException("the size of " + requireNonNull(path) + " is negative");
      }
      sizes.add(new Known(hash(PathBytes.of(path)), bytes));
      return this;
    }

    /** Assigns the entries, the largest first, each to the part with the smallest sum so far. */
    public Shard build() {
      Collections.sort(
          sizes, Comparator.comparingLong(Known::bytes).reversed().thenComparingLong(Known::hash));
      PriorityQueue<Load> loads =
          new PriorityQueue<>(Comparator.comparingLong(Load::bytes).thenComparingInt(Load::owner));
      for (int owner = 1; owner <= count; owner++) {
        loads.add(new Load(owner, 0));
      }
      List<long[]> dealt = new ArrayList<>(sizes.size());
      for (Known size : sizes) {
        Load least = loads.remove();
        dealt.add(new long[] {size.hash, least.owner});
        // The sum is limited, so that it cannot overflow.
        long bytes = Math.min(least.bytes + EACH, Long.MAX_VALUE / 2);
        loads.add(new Load(least.owner, bytes + Math.min(size.bytes, Long.MAX_VALUE / 4)));
      }
      // The sort is stable: if a path was noted twice, the larger size counts.
      dealt.sort(Comparator.comparingLong(pair -> pair[0]));
      long[] known = new long[dealt.size()];
      int[] owners = new int[dealt.size()];
      int length = 0;
      for (long[] pair : dealt) {
        if (length == 0 || known[length - 1] != pair[0]) {
          known[length] = pair[0];
          owners[length++] = (int) pair[1];
        }
      }
      return new Shard(index, count, Arrays.copyOf(known, length), Arrays.copyOf(owners, length));
    }
  }
}
