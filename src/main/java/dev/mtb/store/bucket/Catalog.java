package dev.mtb.store.bucket;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.Ints;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.Recollection;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.SingleFileStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog: remembers from run to run which objects were stored from which version of which
 * file. A listing of a bucket does not show metadata; with the catalog MTB need not ask for it
 * again.
 *
 * <p>A version of a file is its inode, ctime, mtime, size, mode and owner: no program can set a
 * ctime, and each change of a file changes it. An object is recognised by its key, its tag and its
 * date. MTB asks for what is not in the catalog, so that a lost catalog costs only time.
 *
 * <p>It also keeps the digests of the parts of large objects, and which uploads in parts are not
 * ended yet.
 *
 * <p>Some 50 bytes an object, on disk, and 16 for each part of a large one. Thread-safe.
 */
final class Catalog implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Catalog.class);

  /**
   * The tolerance for dates. The server takes an answer's Date and the object's date one after the
   * other, in whole seconds.
   */
  private static final Duration SAME_DATE = Duration.ofSeconds(2);

  /**
   * The time between two commits. If a run is killed, the next run asks again for the objects that
   * were stored in these seconds.
   */
  private static final Duration COMMIT_DELAY = Duration.ofSeconds(15);

  /** Some hundred thousand objects. */
  private static final int COMMIT_KILOBYTES = 8192;

  private static final int COMPACTION_MILLIS = 200;

  /**
   * The bytes of an entry: version, tag, date, and how many seconds the object was sent before its
   * date.
   */
  private static final int ENTRY_BYTES = 3 * Long.BYTES + Integer.BYTES;

  private static final long UNDATED = Long.MIN_VALUE;

  /** Half of the default: the catalog of a million files is read once, from front to back. */
  private static final int CACHE_MEGABYTES = 8;

  private final MVStore store;
  private final MVMap<Long, byte[]> entries;

  /** See {@link PartDigests.OfObject}; null if nothing may be changed. */
  private final MVMap<Long, byte[]> parts;

  /** See {@link UploadNote}; null if nothing may be changed. */
  private final MVMap<Long, String> uploads;

  private final boolean keepsOwner;

  /** Whether the store has failed; from then on nothing is known. */
  private volatile boolean broken;

  private Catalog(MVStore store, boolean keepsOwner) {
    this.store = store;
    this.keepsOwner = keepsOwner;
    try {
      entries = store.openMap("objects");
      parts = store.isReadOnly() ? null : store.openMap("parts");
      uploads = store.isReadOnly() ? null : store.openMap("uploads");
    } catch (RuntimeException | AssertionError e) {
      store.closeImmediately();
      throw e;
    }
  }

  /**
   * Opens the catalog of a destination.
   *
   * @param folder where MTB keeps its state
   * @param readOnly whether it must not be changed
   * @param keepsOwner whether owners are compared; what was compared without them is not the same
   * @return empty if there can be none; then everything is asked for
   */
  static Optional<Catalog> open(
      Path folder, BucketPlace place, boolean readOnly, boolean keepsOwner) {
    // Not by endpoint: a server may have several names, and the same keys with the same tags and
    // dates are the same objects.
    String name =
        Hashing.murmur3_128()
            .hashString(place.location().toString(), StandardCharsets.UTF_8)
            .toString();
    Path file = folder.resolve("bucket-" + name + ".mv");
    try {
      if (Files.exists(file) && belongsToAnother(file)) {
        // A file of another user must not decide which files are copied.
        log.info(
            "MTB sends more requests, since it has no catalog: {} belongs to another user", file);
        return Optional.empty();
      }
      if (readOnly) {
        return Files.exists(file) ? Optional.of(open(file, true, keepsOwner)) : Optional.empty();
      }
      StateDirectory.make(folder);
      return Optional.of(openOrReplace(file, keepsOwner));
    } catch (IOException | RuntimeException | AssertionError e) {
      // A damaged file can make the store throw any exception.
      log.info("MTB sends more requests, since it has no catalog ({}): {}", file, e.getMessage());
      return Optional.empty();
    }
  }

  private static boolean belongsToAnother(Path file) throws IOException {
    int owner = Metadata.following(file).uid();
    return owner != Metadata.UNKNOWN && owner != ProcessIdentity.read().uid();
  }

  private static Catalog openOrReplace(Path file, boolean keepsOwner) throws IOException {
    StateDirectory.makeFile(file);
    try {
      return open(file, false, keepsOwner);
    } catch (RuntimeException | AssertionError e) {
      int code = e instanceof MVStoreException store ? store.getErrorCode() : 0;
      boolean isGood =
          code == DataUtils.ERROR_FILE_LOCKED
              || code == DataUtils.ERROR_WRITING_FAILED
              || Thread.currentThread().isInterrupted();
      if (isGood) {
        throw e;
      }
      log.info("the catalog {} cannot be read, and is made anew: {}", file, e.getMessage());
      Files.delete(file);
      StateDirectory.makeFile(file);
      return open(file, false, keepsOwner);
    }
  }

  private static Catalog open(Path file, boolean readOnly, boolean keepsOwner) {
    // Opened here, since the store leaves a damaged file open, and locked, if it meets an exception
    // that it does not expect.
    SingleFileStore opened = new SingleFileStore(Map.of("cacheSize", CACHE_MEGABYTES));
    opened.open(file.toString(), readOnly, null);
    try {
      MVStore.Builder builder = new MVStore.Builder().adoptFileStore(opened);
      if (readOnly) {
        return new Catalog(builder.readOnly().open(), keepsOwner);
      }
      // Keys are hashes, so that each commit rewrites much of the tree. Therefore commits are rare.
      MVStore store = builder.autoCommitBufferSize(COMMIT_KILOBYTES).open();
      store.setAutoCommitDelay((int) COMMIT_DELAY.toMillis());
      store.setRetentionTime(0);
      return new Catalog(store, keepsOwner);
    } catch (RuntimeException | AssertionError e) {
      opened.close();
      throw e;
    }
  }

  /** What is remembered of an object that a list shows. */
  Recollection recall(String key, ListedEntry listedEntry, Metadata source) {
    byte[] entry = source.ctime().isEmpty() ? null : ask(() -> entries.get(hash(key)), null);
    if (entry == null || entry.length != ENTRY_BYTES) {
      return Recollection.NONE;
    }
    ByteBuffer fields = ByteBuffer.wrap(entry);
    long version = fields.getLong();
    long tag = fields.getLong();
    long date = fields.getLong();
    int took = fields.getInt();
    if (tag != tag(listedEntry) || !isSameDate(date, took, listedEntry.storedAt())) {
      return Recollection.NONE;
    }
    return version == version(source) ? Recollection.SAME : Recollection.SOURCE_CHANGED;
  }

  private <T> T ask(Supplier<T> question, T otherwise) {
    if (broken) {
      return otherwise;
    }
    try {
      return question.get();
    } catch (RuntimeException | AssertionError e) {
      fail(e);
      return otherwise;
    }
  }

  private void change(Supplier<?> change) {
    Object unused = ask(change, null);
  }

  /**
   * Handles a failure of the catalog, which must not become a failure of the backup. With
   * assertions enabled, the store throws AssertionError for a damaged file.
   */
  private void fail(Throwable e) {
    if (!broken) {
      broken = true;
      log.warn("the catalog fails, so that MTB sends more requests: {}", e.getMessage());
    }
  }

  /** Some servers (S3Proxy) tell no dates of directories. */
  private static boolean isSameDate(long date, int took, Optional<Instant> shown) {
    if (date == UNDATED || shown.isEmpty()) {
      return true;
    }
    long later = shown.get().getEpochSecond() - date;
    return -took - SAME_DATE.toSeconds() <= later && later <= SAME_DATE.toSeconds();
  }

  /**
   * Remembers an object.
   *
   * @param took how long it was sent before its date. No other object with a date in that time can
   *     exist, since this object has replaced it
   */
  void remember(String key, ListedEntry listedEntry, Metadata source, Duration took) {
    if (source.ctime().isEmpty()) {
      return;
    }
    byte[] entry =
        ByteBuffer.allocate(ENTRY_BYTES)
            .putLong(version(source))
            .putLong(tag(listedEntry))
            .putLong(listedEntry.storedAt().map(Instant::getEpochSecond).orElse(UNDATED))
            .putInt(Ints.saturatedCast(took.toSeconds()))
            .array();
    change(() -> entries.put(hash(key), entry));
  }

  /** Nothing is known of an object any more. */
  void forget(String key) {
    change(() -> entries.remove(hash(key)));
    change(() -> parts.remove(hash(key)));
  }

  // Large objects

  /** The parts of an object as it was stored last. */
  Optional<PartDigests.OfObject> parts(String key) {
    byte[] stored = ask(() -> parts.get(hash(key)), null);
    return Optional.ofNullable(stored).flatMap(PartDigests.OfObject::of);
  }

  void rememberParts(String key, PartDigests.OfObject stored) {
    change(() -> parts.put(hash(key), stored.toBytes()));
  }

  void forgetParts(String key) {
    change(() -> parts.remove(hash(key)));
  }

  /** The upload of an object that was started last and not ended. */
  Optional<UploadNote> upload(String key) {
    String note = ask(() -> uploads.get(hash(key)), null);
    return Optional.ofNullable(note).flatMap(UploadNote::of).filter(n -> n.key().equals(key));
  }

  /** All uploads that were not ended. */
  List<UploadNote> uploads() {
    List<String> notes =
        uploads == null ? List.of() : ask(() -> List.copyOf(uploads.values()), List.of());
    return notes.stream().map(UploadNote::of).flatMap(Optional::stream).toList();
  }

  /** Notes an upload. It is known after a kill, too. */
  void note(UploadNote upload) {
    change(() -> uploads.put(hash(upload.key()), upload.toText()));
    change(store::commit);
  }

  void dropUpload(String key) {
    change(() -> uploads.remove(hash(key)));
  }

  private static long hash(String key) {
    return Hashing.murmur3_128().hashString(key, StandardCharsets.UTF_8).asLong();
  }

  private static long tag(ListedEntry listedEntry) {
    // A directory has no content.
    return listedEntry.isDirectory() || listedEntry.tag().isEmpty()
        ? 0
        : hash(listedEntry.tag().get().md5() + "-" + listedEntry.tag().get().parts());
  }

  /** A hash that stands for a version of a file. The ctime must be known. */
  long version(Metadata source) {
    Hasher hasher = Hashing.murmur3_128().newHasher();
    hasher
        .putBoolean(keepsOwner)
        .putUnencodedChars(source.kind().name())
        .putLong(source.kind() == Kind.DIRECTORY ? 0 : source.size())
        .putLong(source.inode())
        .putInt(source.mode())
        .putInt(source.uid())
        .putInt(source.gid());
    put(hasher, source.mtime());
    put(hasher, source.ctime().orElseThrow());
    return hasher.hash().asLong();
  }

  private static void put(Hasher hasher, Instant time) {
    hasher.putLong(time.getEpochSecond()).putInt(time.getNano());
  }

  @Override
  public void close() {
    try {
      store.close(COMPACTION_MILLIS);
    } catch (RuntimeException | AssertionError e) {
      log.info("the catalog could not be written: {}", e.getMessage());
    }
  }
}
