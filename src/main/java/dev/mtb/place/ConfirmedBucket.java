package dev.mtb.place;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.bucket.BucketAccess;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.bucket.BucketStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the bucket behind a mount, and checks that it really is this bucket: the command line of
 * s3fs may be out of date, or may refer to another network. The check does not protect against
 * other users, who can make files look alike; {@link S3fsProcesses} does.
 */
final class ConfirmedBucket {
  private static final Logger log = LoggerFactory.getLogger(ConfirmedBucket.class);

  /** If nothing may be written, one of this many files must look alike on both sides. */
  private static final int FILES_LOOKED_AT = 5;

  private ConfirmedBucket() {}

  /**
   * Opens it.
   *
   * @param real the destination on the mount
   */
  static BucketStore open(
      BucketPlace place,
      Path real,
      BucketAccess access,
      Optional<OldVersionsPlace> oldVersions,
      Path stateDirectory)
      throws IOException {
    Optional<Metadata> mounted = look(real);
    if (mounted.isEmpty()) {
      throw new IOException(
          "the destination does not exist yet"
              + (access.readOnly() ? "; a backup makes it, and then goes straight there" : ""));
    }
    BucketStore bucket = BucketStore.connect(place, access, mounted, oldVersions, stateDirectory);
    CompletableFuture<Boolean> shown = CompletableFuture.completedFuture(false);
    try {
      // The probe takes three round trips, and the first list one or more, so they run in parallel.
      if (!access.readOnly()) {
        shown = CompletableFuture.supplyAsync(() -> showsProbe(bucket, real));
      }
      bucket.start();
      boolean isSame = access.readOnly() ? looksAlike(bucket, real) : await(shown);
      if (!isSame) {
        throw new IOException(
            access.readOnly()
                ? "nothing is there by which it could be recognised"
                : "what is written to " + place.location() + " does not show there");
      }
      log.info("going straight to {}, the bucket behind {}", place.location(), real);
      return bucket;
    } catch (IOException | RuntimeException e) {
      // The probe is deleted by the client that is closed here.
      boolean unused = shown.exceptionally(failure -> false).join();
      bucket.close();
      throw e;
    }
  }

  /**
   * Opens it to be read only.
   *
   * @param real the backup on the mount
   */
  static BucketStore openToRead(BucketPlace place, Path real, BucketAccess access)
      throws IOException {
    BucketStore bucket = BucketStore.toRead(place, access);
    try {
      for (Path path : bucket.some(FILES_LOOKED_AT)) {
        Path shown = real.resolve(path);
        if (Files.exists(shown, LinkOption.NOFOLLOW_LINKS)
            && isAlike(bucket.entry(path).look(), Metadata.of(shown))) {
          log.info("going straight to {}, the bucket behind {}", place.location(), real);
          return bucket;
        }
      }
      throw new IOException("nothing is there by which it could be recognised");
    } catch (IOException | RuntimeException e) {
      bucket.close();
      throw e;
    }
  }

  private static boolean await(CompletableFuture<Boolean> shown) throws IOException {
    try {
      return shown.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UncheckedIOException unchecked) {
        throw unchecked.getCause();
      }
      throw e;
    }
  }

  private static Optional<Metadata> look(Path path) throws IOException {
    try {
      return Optional.of(Metadata.following(path));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Writes a new object, and looks for it through the mount. */
  private static boolean showsProbe(BucketStore bucket, Path real) {
    String name = TemporaryNames.next();
    try (BucketStore.Probe probe = bucket.probe(name)) {
      Metadata shown = Metadata.of(real.resolve(name));
      return shown.size() == probe.size() && shown.mtime().equals(probe.mtime());
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compares some files of the backup itself. */
  private static boolean looksAlike(BucketStore bucket, Path real) throws IOException {
    int looked = 0;
    Listing listing = bucket.peek();
    for (Map.Entry<Path, Optional<ListedEntry>> entry : listing.names().orElseThrow().entrySet()) {
      ListedEntry listedEntry = entry.getValue().orElseThrow();
      Path path = real.resolve(entry.getKey());
      if (looked >= FILES_LOOKED_AT || !Files.exists(path)) {
        continue;
      }
      looked++;
      Optional<Metadata> there = bucket.look(entry.getKey(), listedEntry);
      Metadata here = Metadata.of(path);
      if (there.isPresent() && isAlike(there.get(), here)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAlike(Metadata there, Metadata here) {
    return there.kind() == here.kind()
        && (there.kind() == Kind.DIRECTORY || there.size() == here.size())
        && there.mtime().equals(here.mtime());
  }
}
