package dev.mtb.store.bucket;

import static java.util.stream.Collectors.joining;

import com.google.common.base.Strings;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.collect.Iterables;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import dev.mtb.s3.ObjectVersion;
import dev.mtb.s3.VersionPage;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The objects of a bucket with versioning as they were at a moment: of each key the newest version
 * that was stored at or before it, unless that is a delete marker. Thread-safe.
 *
 * <p>S3 has no request that lists a moment. So this class lists all versions, and selects those of
 * the moment. A page of a thousand versions may show few objects.
 */
final class PastObjects implements BucketObjects {
  private static final Logger log = LoggerFactory.getLogger(PastObjects.class);

  /**
   * Ids of versions that were listed and may be read soon: as many as a {@link TreeListing} knows,
   * some 50 MB. An id that was dropped costs another list.
   */
  private static final int MOST_IDS = 200_000;

  /** Sorts after every character of a name, except for those that need two code units in UTF-16. */
  private static final String HIGH = "\uFFFD";

  /** The server's order among those that it stored in one second, which is the newest first. */
  private static final Comparator<ObjectVersion> NEWEST_FIRST =
      Comparator.comparing((ObjectVersion version) -> !version.isLatest())
          .thenComparing(
              version -> version.lastModified().orElse(Instant.MIN), Comparator.reverseOrder());

  private final Requests requests;
  private final Instant moment;
  private final Cache<String, String> ids = CacheBuilder.newBuilder().maximumSize(MOST_IDS).build();
  private final AtomicBoolean hasWarned = new AtomicBoolean();

  PastObjects(Requests requests, Instant moment) {
    this.requests = requests;
    this.moment = moment;
  }

  /**
   * Where a page begins.
   *
   * @param key the page begins after this key, or after the version of it; null for the first of
   *     all
   * @param version null for none
   * @param settled the state of this key is known already; empty for none
   * @param passed the directory behind which a page was to begin; null for none
   */
  private record Position(String key, String version, String settled, String passed) {
    static Position of(String token) {
      String[] parts = token.split("&", -1);
      return new Position(decoded(parts[0]), orNull(parts[1]), decoded(parts[2]), orNull(parts[3]));
    }

    String token() {
      return Stream.of(key, Strings.nullToEmpty(version), settled, Strings.nullToEmpty(passed))
          .map(Position::encoded)
          .collect(joining("&"));
    }

    private static String orNull(String part) {
      return Strings.emptyToNull(decoded(part));
    }

    private static String encoded(String text) {
      return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String decoded(String text) {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
  }

  /**
   * Lists a page, with as many requests as it takes to find an object.
   *
   * <p>The server does not group keys by directory here: it would also name directories that were
   * empty at the moment. If a page ends in a directory that has been named, the next page begins
   * after it.
   */
  @Override
  public ListPage list(String prefix, String delimiter, String startAfter, String token)
      throws IOException {
    Position position =
        token == null ? new Position(startAfter, null, "", null) : Position.of(token);
    while (true) {
      VersionPage page = requests.listVersions(prefix, position.key(), position.version());
      Found found = new Found(prefix, delimiter != null, position);
      found.add(page);
      Optional<Position> next = next(page, found, position);
      if (!found.isEmpty() || next.isEmpty()) {
        return new ListPage(
            found.objects,
            found.directories,
            next.isPresent(),
            next.map(Position::token),
            page.date());
      }
      if (next.get().equals(position)) {
        throw new IOException(
            "the server lists the same versions again and again: its answers do not follow the S3"
                + " API (ListObjectVersions)");
      }
      position = next.get();
    }
  }

  private static Optional<Position> next(VersionPage page, Found found, Position position)
      throws IOException {
    if (!page.isTruncated()) {
      return Optional.empty();
    }
    if (page.nextKey().isEmpty()) {
      throw new IOException("the server lists a page, and does not say how to get the next");
    }
    String key = page.nextKey().get();
    boolean isInDirectory = found.directory != null && key.startsWith(found.directory);
    // What the server still lists after that sorts after HIGH.
    boolean mayPass = isInDirectory && !found.directory.equals(position.passed());
    return Optional.of(
        mayPass
            ? new Position(found.directory + HIGH, null, "", found.directory)
            : new Position(
                key,
                page.nextVersion().orElse(null),
                found.settled,
                isInDirectory ? found.directory : null));
  }

  /** The objects and directories of the moment that a page of versions shows. For one thread. */
  private final class Found {
    final List<ListedObject> objects = new ArrayList<>();
    final List<String> directories = new ArrayList<>();
    private final String prefix;
    private final boolean isByDirectory;

    /** The last key whose state at the moment is known. */
    private String settled;

    /** The last directory that was named, in this page or before it; null if there is none. */
    private String directory;

    Found(String prefix, boolean isByDirectory, Position position) {
      this.prefix = prefix;
      this.isByDirectory = isByDirectory;
      settled = position.settled();
      directory = position.passed();
    }

    boolean isEmpty() {
      return objects.isEmpty() && directories.isEmpty();
    }

    void add(VersionPage page) throws IOException {
      // Some servers list delete markers after all versions.
      Map<String, List<ObjectVersion>> byKey = new LinkedHashMap<>();
      for (ObjectVersion version : page.versions()) {
        byKey.computeIfAbsent(version.key(), k -> new ArrayList<>()).add(version);
      }
      String last = page.isTruncated() ? Iterables.getLast(byKey.keySet(), "") : "";
      for (Map.Entry<String, List<ObjectVersion>> each : byKey.entrySet()) {
        if (!each.getKey().equals(settled)) {
          each.getValue().sort(NEWEST_FIRST);
          settle(each.getKey(), each.getValue(), /* mayGoOn= */ each.getKey().equals(last));
        }
      }
    }

    private void settle(String key, List<ObjectVersion> versions, boolean mayGoOn)
        throws IOException {
      for (ObjectVersion version : versions) {
        Instant stored =
            version
                .lastModified()
                .orElseThrow(
                    () -> new IOException("the server does not tell when a version was stored"));
        if (!stored.isAfter(moment)) {
          settled = key;
          if (!version.isDeletion()) {
            add(version);
          }
          return;
        }
      }
      String oldest = Iterables.getLast(versions).id();
      if (!mayGoOn && oldest.equals(ObjectVersion.WITHOUT_VERSIONING)) {
        warn(key);
      }
    }

    private void add(ObjectVersion version) {
      ids.put(version.key(), version.id());
      int slash = isByDirectory ? version.key().indexOf('/', prefix.length()) : -1;
      if (slash < 0) {
        objects.add(
            new ListedObject(version.key(), version.size(), version.tag(), version.lastModified()));
        return;
      }
      String name = version.key().substring(0, slash + 1);
      if (!name.equals(directory)) {
        directory = name;
        directories.add(name);
      }
    }
  }

  private void warn(String key) {
    if (hasWarned.compareAndSet(false, true)) {
      log.warn(
          "the bucket kept no old versions yet at {} or some time after it: what {} was then, and"
              + " maybe others, is not known, and they are left out",
          moment,
          key);
    }
  }

  /** The id of the version of the moment; empty if there was none. */
  private Optional<String> idOf(String key) throws IOException {
    String known = ids.getIfPresent(key);
    if (known != null) {
      return Optional.of(known);
    }
    // The key itself is the first of all that begin with it.
    ListedObject first = Iterables.getFirst(list(key, null, null, null).objects(), null);
    return first != null && first.key().equals(key)
        ? Optional.ofNullable(ids.getIfPresent(key))
        : Optional.empty();
  }

  @Override
  public Optional<Requests.Head> head(String key) throws IOException {
    Optional<String> id = idOf(key);
    return id.isPresent() ? requests.head(key, id) : Optional.empty();
  }

  /** A version never changes, so that no condition is needed. */
  @Override
  public Requests.Reading read(String key, Optional<String> ifMatch, Optional<String> range)
      throws IOException {
    Optional<String> id = idOf(key);
    if (id.isEmpty()) {
      throw new NoSuchFileException(key);
    }
    return requests.read(key, id, Optional.empty(), range);
  }

  @Override
  public String missing() {
    return " as of " + moment + ": nothing was there then that has a key that begins so";
  }
}
