package dev.mtb.place;

import com.google.common.base.Splitter;
import com.google.common.collect.Iterables;
import dev.mtb.model.PathBytes;
import dev.mtb.options.Shard;
import dev.mtb.store.TemporaryNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The description of a run in its lock, which other runs compare and users read.
 *
 * @param place the destination as text that runs can compare
 * @param destination as its user knows it
 * @param pid of the process
 * @param host that it runs on: a state directory may be on a network
 * @param since when it took the lock
 * @param part of the job that it does; empty for all of it
 * @param division what all parts of that job have in common
 */
record LockClaim(
    String place,
    String destination,
    String pid,
    String host,
    String since,
    String part,
    String division) {
  /** The claim of a lock that is held and says nothing, so that it may concern any run. */
  public static final LockClaim UNKNOWN = new LockClaim("", "somewhere", "unknown", "", "", "", "");

  /** Two paths of 4096 bytes and some words. */
  private static final int LONGEST = 16 << 10;

  static LockClaim now(String place, String destination, Shard shard) {
    return new LockClaim(
        place,
        destination,
        Long.toString(ProcessHandle.current().pid()),
        TemporaryNames.hostname().strip(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        shard.isWhole() ? "" : Integer.toString(shard.index()),
        shard.isWhole() ? "" : shard.division());
  }

  /**
   * Whether both write to the same place, or one writes to a place inside the other's, and they are
   * not two shards of one job.
   */
  public boolean meets(LockClaim other) {
    boolean areApart =
        place.equals(other.place)
            && !division.isEmpty()
            && division.equals(other.division)
            && !part.equals(other.part);
    return !areApart && (place.startsWith(other.place) || other.place.startsWith(place));
  }

  public String describe() {
    return equals(UNKNOWN)
        ? "another run of MTB is going on, and does not tell what it writes to"
        : String.format(
            "another run of MTB is writing to %s (%sprocess %s on %s, since %s)",
            destination,
            part.isEmpty() ? "" : "shard " + part + " of " + division + ", ",
            pid,
            host,
            since);
  }

  void write(FileChannel channel) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String field : List.of(place, destination, pid, host, since, part, division)) {
      bytes.writeBytes(PathBytes.fromText(field));
      // No path holds a NUL.
      bytes.write(0);
    }
    Channels.newOutputStream(channel).write(bytes.toByteArray());
  }

  public static LockClaim read(FileChannel channel) throws IOException {
    byte[] bytes = Channels.newInputStream(channel).readNBytes(LONGEST);
    List<String> fields = Splitter.on('\0').splitToList(PathBytes.toText(bytes));
    // Versions of MTB without shards wrote two fields fewer. The text after the last NUL is a
    // field, too.
    return fields.size() < 6
        ? UNKNOWN
        : new LockClaim(
            fields.get(0),
            fields.get(1),
            fields.get(2),
            fields.get(3),
            fields.get(4),
            fields.get(5),
            Iterables.get(fields, 6, ""));
  }
}
