package dev.mtb.store.bucket;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ListedEntry;
import java.io.IOException;
import java.util.Optional;

/** Looks at the objects of a destination, and what they have shown. Thread-safe. */
final class ObjectLooks {
  /** More entries than wait in the engine's queue. */
  private static final int MOST_LOOKED = 20_000;

  /**
   * A directory without an object: only its contents show that it exists, or only the user named
   * it.
   */
  static final Metadata IMPLIED = Metadata.known(Kind.DIRECTORY, 0);

  private final Requests requests;
  private final KeyLookup lookup;
  private volatile Optional<Boolean> tagsAreDigests = Optional.empty();

  /** Tags of what was looked at and may be given other metadata soon. */
  private final Cache<String, String> tags =
      CacheBuilder.newBuilder().maximumSize(MOST_LOOKED).build();

  ObjectLooks(Requests requests) {
    this.requests = requests;
    lookup = new KeyLookup(requests::head, requests::list);
  }

  /** Looks at an object that no listing has shown; empty if there is none. */
  Optional<Metadata> find(String key) throws IOException {
    return lookup
        .find(key, /* isDirectory= */ false)
        .map(found -> found.head().map(this::metadata).orElse(IMPLIED));
  }

  /** Looks at an object that a listing has shown; empty if it does not exist any more. */
  Optional<Metadata> look(String key, ListedEntry entry) throws IOException {
    if (key.isEmpty()) {
      return Optional.of(IMPLIED);
    }
    Optional<Requests.Head> head = requests.head(key);
    if (head.isPresent() && entry.tag().isPresent() && !head.get().tag().equals(entry.tag())) {
      throw new IOException("another program has written it since it was listed; run again");
    }
    head.map(Requests.Head::rawTag).ifPresent(tag -> tags.put(key, tag));
    return head.map(this::metadata);
  }

  private Metadata metadata(Requests.Head head) {
    if (!head.isTagMd5()) {
      tagsAreDigests = Optional.of(false);
    } else if (tagsAreDigests.isEmpty()) {
      tagsAreDigests = Optional.of(true);
    }
    return head.metadata();
  }

  /** Whether tags are digests of the content; empty before the first look. */
  Optional<Boolean> tagsAreDigests() {
    return tagsAreDigests;
  }

  /** Returns the tag of the version that was looked at, and drops it; empty if it is not known. */
  Optional<String> takeTag(String key) {
    return Optional.ofNullable(tags.asMap().remove(key));
  }
}
