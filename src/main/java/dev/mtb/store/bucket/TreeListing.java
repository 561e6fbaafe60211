package dev.mtb.store.bucket;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import dev.mtb.store.ContentTag;
import dev.mtb.store.ListedEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Directories of a bucket, from as few lists as can be: a page of a thousand keys tells of a whole
 * tree of small directories at once. Thread-safe.
 *
 * <p>Asked for a directory, it lists all keys below it. If they fit into two pages, the directories
 * below are known, and cost nothing when they are asked for. If not, the names in the directory
 * itself are listed to their end, and its subdirectories are left to be listed side by side when
 * they are asked for: small ones in groups, as many as a page should hold by what was seen so far.
 */
final class TreeListing {
  /** What is known of directories that no thread has asked for yet: some 50 MB. */
  private static final int MOST_KNOWN = 200_000;

  /** A group is made a little smaller than a page, or the last of it would cost another. */
  private static final double FILL = 0.9;

  /**
   * In one page there is room for one directory of 500 files, in four pages for seven. Larger
   * groups would be listed one page after another, where the others wait for it.
   */
  private static final int PAGES_PER_GROUP = 4;

  /** What a group must save at the least to be worth another page. */
  private static final double WORTH = 0.95;

  /**
   * Read of a tree before it is split. The second is not wasted on a large one, which would list
   * the same keys later; and a tree that fits into two needs no list of its names, nor another of
   * what the first page cut off.
   */
  private static final int FIRST_PAGES = 2;

  /** Sorts behind every character of a name but those that only UTF-16 needs two of. */
  private static final String HIGH = "\uFFFD";

  /** Lists a page. */
  interface Pages {
    ListPage list(String prefix, String delimiter, String startAfter, String token)
        throws IOException;
  }

  /** A directory. Not changed any more once it is handed out. */
  static final class Directory {
    final Map<String, ListedEntry> names = new HashMap<>();

    /** Its own object; empty if only the keys below show that it is there. */
    Optional<ListedEntry> self = Optional.empty();

    boolean exists() {
      return self.isPresent() || !names.isEmpty();
    }
  }

  private final Pages source;

  /** A first page that was listed to find out whether anything is there. */
  private final AtomicReference<Map.Entry<String, ListPage>> first = new AtomicReference<>();

  private final Cache<String, Directory> known =
      CacheBuilder.newBuilder()
          .maximumWeight(MOST_KNOWN)
          .weigher((String prefix, Directory directory) -> 1 + directory.names.size())
          .concurrencyLevel(1)
          .build();

  /** Groups that wait to be listed, by each of the prefixes in them. */
  private final Map<String, Group> groups = new ConcurrentHashMap<>();

  TreeListing(Pages source) {
    this.source = source;
  }

  /**
   * Lists a directory.
   *
   * @param prefix its key, with the slash; empty for the bucket
   */
  Directory list(String prefix) throws IOException {
    Directory found = known.asMap().remove(prefix);
    if (found != null) {
      return found;
    }
    Group group = groups.remove(prefix);
    if (group != null) {
      group.list();
      found = known.asMap().remove(prefix);
      if (found != null) {
        return found;
      }
    }
    return fetch(prefix);
  }

  /** Takes the first page of a directory that is listed already, so that it need not be again. */
  void begin(String prefix, ListPage page) {
    first.set(Map.entry(prefix, page));
  }

  private Optional<ListPage> takeFirst(String prefix) {
    Map.Entry<String, ListPage> begun = first.get();
    boolean isTaken =
        begun != null && begun.getKey().equals(prefix) && first.compareAndSet(begun, null);
    return isTaken ? Optional.of(begun.getValue()) : Optional.empty();
  }

  private Directory fetch(String prefix) throws IOException {
    Tree tree = new Tree(prefix);
    Optional<ListPage> begun = takeFirst(prefix);
    String token = null;
    PageSequence pages = new PageSequence();
    // One large directory is cut off by the second page as by the first.
    for (int read = 0; read == 0 || (read < FIRST_PAGES && tree.top().names.size() > 1); read++) {
      ListPage page =
          token == null && begun.isPresent() ? begun.get() : source.list(prefix, null, null, token);
      tree.add(page);
      token = pages.next(page);
      if (token == null) {
        tree.publish(null);
        return tree.top();
      }
    }
    String last = tree.lastKey;
    if (last == null) {
      throw new IOException("the server lists no keys, and says that there are more");
    }
    String cut = tree.topNameOf(last);
    tree.publish(cut);
    List<String> rest = namesAfter(prefix, last, tree.top());
    group(prefix, rest, tree);
    return tree.top();
  }

  /** Lists the names in a directory behind a key, and returns those that are directories. */
  private List<String> namesAfter(String prefix, String key, Directory directory)
      throws IOException {
    List<String> directories = new ArrayList<>();
    String token = null;
    PageSequence pages = new PageSequence();
    do {
      ListPage page = source.list(prefix, "/", key, token);
      for (ListedObject object : page.objects()) {
        if (object.key().length() > prefix.length()) {
          directory.names.put(object.key().substring(prefix.length()), glance(object));
        }
      }
      for (String child : page.commonPrefixes()) {
        String name = child.substring(prefix.length(), child.length() - 1);
        if (!name.isEmpty()) {
          directories.add(child);
          directory.names.putIfAbsent(name, ListedEntry.directory(Optional.empty()));
        }
      }
      token = pages.next(page);
    } while (token != null);
    return directories;
  }

  /** By bytes, as S3 sorts. */
  private static int compare(String a, String b) {
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private void group(String prefix, List<String> directories, Tree seen) {
    if (seen.published == 0) {
      return;
    }
    double perDirectory = (double) seen.keys / seen.published;
    int size = 1;
    int pages = 1;
    for (int more = 1; more <= PAGES_PER_GROUP; more++) {
      int fitting = (int) (FILL * more * Requests.PAGE / perDirectory);
      if (fitting > 1 && more / (double) fitting < WORTH * pages / size) {
        size = fitting;
        pages = more;
      }
    }
    if (size == 1) {
      return;
    }
    for (int start = 0; start < directories.size(); start += size) {
      List<String> members =
          List.copyOf(directories.subList(start, Math.min(directories.size(), start + size)));
      Group group = new Group(prefix, members, pages);
      members.forEach(member -> groups.put(member, group));
    }
  }

  /** Neighbouring directories that are listed together, by the thread that needs the first. */
  private final class Group {
    private final String prefix;
    private final List<String> members;

    /** That it should take. */
    private final int expectedPages;

    private boolean listed;

    Group(String prefix, List<String> members, int expectedPages) {
      this.prefix = prefix;
      this.members = members;
      this.expectedPages = expectedPages;
    }

    synchronized void list() throws IOException {
      if (listed) {
        return;
      }
      listed = true;
      Tree tree = new Tree(prefix);
      String first = members.get(0);
      String end = members.get(members.size() - 1) + HIGH;
      // Right before "name/": the slash follows the dot.
      String after = first.substring(0, first.length() - 1) + "." + HIGH;
      String token = null;
      boolean isMore = true;
      PageSequence pages = new PageSequence();
      for (int page = 0; page <= expectedPages && isMore; page++) {
        ListPage found = source.list(prefix, null, after, token);
        tree.add(found);
        isMore = found.isTruncated() && tree.lastKey != null && compare(tree.lastKey, end) < 0;
        token = isMore ? pages.next(found) : null;
      }
      // A directory that the last page cut off is listed by itself.
      boolean isCut = isMore || (tree.lastKey != null && compare(tree.lastKey, end) >= 0);
      tree.publish(isCut ? tree.topNameOf(tree.lastKey) : null);
    }
  }

  /** What pages tell of a directory and all below it. For one thread. */
  private final class Tree {
    private final String prefix;
    private final Map<String, Directory> directories = new HashMap<>();
    private String lastKey;
    private int keys;
    private int published;

    Tree(String prefix) {
      this.prefix = prefix;
      directories.put(prefix, new Directory());
    }

    Directory top() {
      return directories.get(prefix);
    }

    void add(ListPage page) {
      for (ListedObject object : page.objects()) {
        lastKey = object.key();
        keys++;
        add(object);
      }
    }

    private void add(ListedObject object) {
      String key = object.key();
      int slash = key.lastIndexOf('/');
      String parent = key.substring(0, slash + 1);
      if (slash == key.length() - 1) {
        directory(key).self = Optional.of(ListedEntry.directory(object.lastModified()));
        note(key);
        return;
      }
      String name = key.substring(slash + 1);
      // A file hides a directory of the same name, as it does in s3fs.
      directory(parent).names.put(name, glance(object));
    }

    /** Finds or makes a directory, and those above it. */
    private Directory directory(String key) {
      Directory directory = directories.get(key);
      if (directory == null) {
        directory = new Directory();
        directories.put(key, directory);
        note(key);
      }
      return directory;
    }

    /** Lets the parent know of a directory. */
    private void note(String key) {
      if (key.length() <= prefix.length()) {
        return;
      }
      int slash = key.lastIndexOf('/', key.length() - 2);
      String name = key.substring(slash + 1, key.length() - 1);
      Directory parent = directory(key.substring(0, slash + 1));
      Directory directory = directories.get(key);
      ListedEntry glance = directory.self.orElse(ListedEntry.directory(Optional.empty()));
      if (!name.isEmpty()) {
        parent.names.merge(name, glance, (old, now) -> old.isDirectory() ? now : old);
      }
    }

    /** The name directly in the top directory that a key leads through. */
    String topNameOf(String key) {
      int slash = key.indexOf('/', prefix.length());
      return slash < 0 ? null : key.substring(prefix.length(), slash);
    }

    /** Makes all but the top known, and what is below the name that a page has cut. */
    void publish(String cut) {
      String withoutBelow = cut == null ? null : prefix + cut + "/";
      directories.forEach(
          (key, directory) -> {
            boolean isWhole = withoutBelow == null || !key.startsWith(withoutBelow);
            if (isWhole && !key.equals(prefix)) {
              known.put(key, directory);
              if (key.indexOf('/', prefix.length()) == key.length() - 1) {
                published++;
              }
            }
          });
    }
  }

  private static ListedEntry glance(ListedObject object) {
    return new ListedEntry(
        false,
        object.size().orElse(-1L),
        object.tag().flatMap(ContentTag::parse),
        object.lastModified());
  }
}
