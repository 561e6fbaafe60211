package dev.mtb.store.bucket;

import dev.mtb.s3.ObjectVersion;
import dev.mtb.s3.VersionPage;
import dev.mtb.store.DestinationException;
import dev.mtb.store.FileVersion;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.RequestLimit;
import dev.mtb.store.Throttle;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A prefix of a bucket with versioning as it was at a moment: contents, metadata, links and
 * directories. It is only read. Thread-safe.
 */
public final class PastTree implements Tree {
  private static final Logger log = LoggerFactory.getLogger(PastTree.class);

  private final BucketPlace place;
  private final BucketKeys keys;
  private final Requests requests;
  private final ObjectReads reads;
  private final BucketTree tree;

  private PastTree(BucketPlace place, Requests requests, Instant moment, int retries) {
    this.place = place;
    this.requests = requests;
    keys = new BucketKeys(place.location().prefix());
    BucketObjects objects = new PastObjects(requests, moment);
    reads = new ObjectReads(objects, retries);
    tree = new BucketTree(place, objects, reads);
  }

  /**
   * Opens a bucket, and makes sure that it keeps versions. What was there at the moment is not
   * asked yet.
   *
   * @throws DestinationException if it keeps none, or cannot be used
   */
  public static PastTree open(BucketPlace place, BucketAccess access, Instant moment)
      throws DestinationException {
    Requests requests = new Requests(place, access);
    try {
      checkVersioning(place, requests.versioning());
      return new PastTree(place, requests, moment, access.retries());
    } catch (IOException | RuntimeException e) {
      requests.close();
      if (e instanceof RuntimeException defect) {
        throw defect;
      }
      throw e instanceof DestinationException lost
          ? lost
          : new DestinationException(
              "whether " + place.name() + " keeps old versions is not known: " + e.getMessage(), e);
    }
  }

  private static void checkVersioning(BucketPlace place, Optional<String> versioning)
      throws DestinationException {
    String bucket = place.location().bucket();
    if (versioning.isEmpty()) {
      throw new DestinationException(
          "the bucket "
              + bucket
              + " keeps no old versions, since versioning is not turned on: there is no way back to"
              + " a moment. From now on there is, if you turn it on (mtb doctor shows the command)."
              + " What OldVersions.directory has kept is in that directory, and is restored from"
              + " there as from any backup");
    }
    if (!versioning.get().equals("Enabled")) {
      log.warn(
          "versioning of the bucket {} is suspended: what was replaced since then is not kept",
          bucket);
    }
  }

  /** Makes sure that something was there at the moment. */
  public void checkExists() throws DestinationException {
    List<Path> unused = tree.some(1);
  }

  @Override
  public String name() {
    return place.name();
  }

  @Override
  public Path root() {
    return Path.of("");
  }

  @Override
  public TreeEntry entry(Path path) {
    return tree.entry(path, /* isDirectory= */ false);
  }

  @Override
  public TreeEntry way(Path directory) {
    return tree.entry(directory, /* isDirectory= */ true);
  }

  @Override
  public MtimePrecision mtimes() {
    return MtimePrecision.OF_ITS_ZEROS;
  }

  @Override
  public boolean hasRootMetadata() {
    return tree.hasRootMetadata();
  }

  @Override
  public void expect(Predicate<Path> isWanted) {
    tree.expect(isWanted);
  }

  @Override
  public Optional<RequestLimit> requestLimit() {
    return Optional.of(requests.requestLimit());
  }

  @Override
  public boolean limit(Throttle throttle) {
    requests.limit(throttle);
    return true;
  }

  /**
   * Tells all versions that the bucket keeps of a path, and of what is below it. Costs a request
   * for each thousand versions.
   *
   * @param path in this tree
   * @param taker told of them in the order of their paths, those of a path from the newest to the
   *     oldest
   */
  public void versions(Path path, Consumer<FileVersion> taker) throws IOException {
    String key = keys.of(path);
    String keyMarker = null;
    String versionMarker = null;
    while (true) {
      VersionPage page = requests.listVersions(key, keyMarker, versionMarker);
      for (ObjectVersion version : page.versions()) {
        boolean isBelow =
            key.equals(keys.prefix())
                || version.key().equals(key)
                || version.key().startsWith(key + "/");
        Optional<Path> found = isBelow ? pathOf(version.key()) : Optional.empty();
        found.ifPresent(p -> taker.accept(version(p, version)));
      }
      String next = page.nextKey().orElse(null);
      String nextVersion = page.nextVersion().orElse(null);
      if (!page.isTruncated() || next == null) {
        return;
      }
      if (next.equals(keyMarker) && nextVersion != null && nextVersion.equals(versionMarker)) {
        throw new IOException("the server lists the same versions again and again");
      }
      keyMarker = next;
      versionMarker = nextVersion;
    }
  }

  private Optional<Path> pathOf(String key) {
    String name = key.substring(keys.prefix().length());
    return name.isEmpty() ? Optional.of(Path.of("")) : BucketKeys.pathOf(name);
  }

  private static FileVersion version(Path path, ObjectVersion version) {
    return new FileVersion(
        path,
        version.key().endsWith("/"),
        version.isDeletion(),
        version.isLatest(),
        version.isDeletion() ? 0 : version.size().orElse(-1L),
        version.lastModified().orElse(Instant.EPOCH),
        version.id());
  }

  @Override
  public void close() {
    reads.close();
    requests.close();
  }
}
