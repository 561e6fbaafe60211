package dev.mtb.store.bucket;

import com.google.common.base.Splitter;
import com.google.common.collect.Iterables;
import com.google.common.collect.Lists;
import dev.mtb.model.Kind;
import dev.mtb.model.PathBytes;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import dev.mtb.store.DestinationException;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.RefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The place in a bucket where old versions of objects are kept. Thread-safe. */
final class OldVersions {
  private static final Logger log = LoggerFactory.getLogger(OldVersions.class);

  /**
   * Only the owner may read old versions, since they may come from directories that other users
   * could not read.
   */
  private static final int DIRECTORY_MODE = 0700;

  private final String prefix;
  private final OldVersionsPlace place;
  private final Requests requests;
  private final ObjectWriter writer;

  /** Keys of directories in this place that are known to exist. */
  private final Set<String> made = ConcurrentHashMap.newKeySet();

  /** Makes one. No request is made. */
  OldVersions(String prefix, OldVersionsPlace place, Requests requests, ObjectWriter writer) {
    this.prefix = prefix;
    this.place = place;
    this.requests = requests;
    this.writer = writer;
  }

  /** Checks that a place for old versions is in the bucket. */
  static void checkInBucket(BucketPlace place, Optional<OldVersionsPlace> oldVersions)
      throws DestinationException {
    int depth = Splitter.on('/').splitToList(place.location().prefix()).size() - 1;
    for (Path name : oldVersions.flatMap(OldVersionsPlace::directory).orElse(Path.of(""))) {
      depth -= name.toString().equals("..") ? 1 : 0;
    }
    if (depth < 0) {
      throw new DestinationException(
          "old versions cannot be kept in "
              + oldVersions.orElseThrow().directory().orElseThrow()
              + ", seen from "
              + place.name()
              + ": that is outside of the bucket");
    }
  }

  /** Copies an object to this place. The original stays until it is replaced or deleted. */
  void keep(String key, Optional<Long> knownSize) throws IOException {
    String target = target(key);
    makeDirectories(target);
    boolean unused = requests.copies().copy(key, target, knownSize);
  }

  /**
   * Moves a directory to this place. Its contents are moved before its own object, which a list may
   * not show.
   */
  void moveDirectory(String key) throws IOException {
    String from = key + "/";
    String to = target(key) + "/";
    boolean isMore = true;
    String last = null;
    PageSequence pages = new PageSequence();
    while (isMore) {
      ListPage page = requests.list(from, null, last, null);
      for (ListedObject object : Lists.reverse(page.objects())) {
        move(object, from, to);
      }
      if (!page.objects().isEmpty()) {
        last = Iterables.getLast(page.objects()).key();
      }
      isMore = !page.objects().isEmpty() && pages.isMore(page);
    }
    requests.delete(from);
  }

  private void move(ListedObject object, String from, String to) throws IOException {
    String key = object.key();
    if (!BucketKeys.isPlain(key)) {
      log.warn(
          "{} is skipped: a server that takes its dots for a path would delete another object",
          key);
      return;
    }
    String target = to + key.substring(from.length());
    makeDirectories(target);
    boolean unused = requests.copies().copy(key, target, object.size());
    requests.delete(key);
  }

  private void makeDirectories(String target) throws IOException {
    for (int slash = target.indexOf('/'); slash >= 0; slash = target.indexOf('/', slash + 1)) {
      String directory = target.substring(0, slash + 1);
      if (directory.equals(target) || prefix.startsWith(directory) || made.contains(directory)) {
        continue;
      }
      if (requests.head(directory).isEmpty()) {
        String file = directory.substring(0, directory.length() - 1);
        // S3Proxy answers for a directory, too, which another thread may have made meanwhile.
        boolean isFile =
            requests.head(file).filter(h -> h.metadata().kind() != Kind.DIRECTORY).isPresent();
        if (isFile) {
          throw new RefusedException(
              "its old version cannot be kept, since " + file + " in the bucket is a file");
        }
        writer.makeDirectory(directory, DIRECTORY_MODE);
      }
      made.add(directory);
    }
  }

  private String target(String key) {
    String base = prefix;
    for (Path name : place.directory().orElse(Path.of(""))) {
      String text = new String(PathBytes.of(name), StandardCharsets.UTF_8);
      if (text.equals("..")) {
        base = base.substring(0, base.lastIndexOf('/', base.length() - 2) + 1);
      } else if (!text.isEmpty()) {
        base += text + "/";
      }
    }
    return base + key.substring(prefix.length()) + place.suffix();
  }
}
