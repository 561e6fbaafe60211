package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.util.Optional;

/** The directory of a destination itself, in a bucket. Thread-safe once it is opened. */
final class DestinationRoot {
  private static final int MODE = 0755;

  private final BucketPlace place;
  private final String prefix;
  private final boolean readOnly;
  private final Requests requests;
  private final ObjectWriter writer;
  private final DirectoryListings listings;

  private boolean isNew;
  private boolean exists;

  DestinationRoot(
      BucketPlace place,
      boolean readOnly,
      Requests requests,
      ObjectWriter writer,
      DirectoryListings listings) {
    this.place = place;
    this.readOnly = readOnly;
    this.requests = requests;
    this.writer = writer;
    this.listings = listings;
    prefix = place.location().prefix();
  }

  /**
   * Lists what is there.
   *
   * @throws DestinationException if the bucket cannot be used
   */
  void open() throws DestinationException {
    try {
      TreeListing.Directory found = listings.listRoot();
      isNew = !readOnly && found.names.isEmpty();
      exists = prefix.isEmpty() || found.exists() || !readOnly;
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * Makes the directory, and those above it, if they are missing.
   *
   * @throws DestinationException if they cannot be made
   */
  void make() throws DestinationException {
    if (readOnly || prefix.isEmpty() || !listings.isRootMissing()) {
      return;
    }
    try {
      for (int slash = prefix.indexOf('/'); slash >= 0; slash = prefix.indexOf('/', slash + 1)) {
        String key = prefix.substring(0, slash + 1);
        if (key.equals(prefix) || requests.head(key).isEmpty()) {
          writer.makeDirectory(key, MODE);
        }
      }
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private DestinationException unusable(IOException e) {
    return new DestinationException(
        "the destination " + place.name() + " cannot be used: " + e.getMessage(), e);
  }

  /** Whether nothing was in it when it was opened. */
  boolean isNew() {
    return isNew;
  }

  /** Its metadata; empty if it does not exist and is not made. */
  Optional<Metadata> metadata() {
    return exists ? Optional.of(ObjectLooks.IMPLIED) : Optional.empty();
  }
}
