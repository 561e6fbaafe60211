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
 * The directories of a bucket, listed with as few requests as possible: a page of a thousand keys
 * can show a whole tree of small directories. Thread-safe.
 *
 * <p>To list a directory, it lists all keys below it. If they fit into two pages, all directories
 * below are known, and cost no request later. If not, it lists the names in the directory itself,
 * and lists its subdirectories later, when they are asked for: in parallel, and small ones in
 * groups. A group has as many as probably fit into a page, judged by the keys seen so far.
 */
final class TreeListing {
  /**
   * The most names of directories that were listed and that no thread has asked for yet: some 50
   * MB.
   */
  private static final int MOST_KNOWN = 200_000;

  /** A group is a little smaller than a page, or its last directory would cost a second page. */
  private static final double FILL = 0.9;

  /**
   * The most pages of a group. One page has room for one directory of 500 files, four pages for
   * seven. The pages of a larger group would be listed one after another, while other threads wait.
   */
  private static final int PAGES_PER_GROUP = 4;

  /** A group takes another page only if the requests per directory fall below this part. */
  private static final double WORTH = 0.95;

  /**
   * The number of pages that are read of a tree before it is split. In a large tree, the second
   * page has keys that would be listed later anyway. A tree that fits into two pages needs no more
   * lists.
   */
  private static final int FIRST_PAGES = 2;

  /** Sorts after every character of a name, except for those that need two code units in UTF-16. */
  private static final String HIGH = "\uFFFD";

  /** Lists a page. */
  interface Pages {
    ListPage list(String prefix, String delimiter, String startAfter, String token)
        throws IOException;
  }

  /** A directory. It does not change after it was returned. */
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

  /** Groups that were not listed yet, by each prefix in them. */
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

  /**
   * Takes the first page of a directory that was listed already, so that it is not listed again.
   */
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
    // A single large directory does not end in the second page either, so only one page is read.
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

  /** Lists the names in a directory after a key, and returns those that are directories. */
  private List<String> namesAfter(String prefix, String key, Directory directory)
      throws IOException {
    List<String> directories = new ArrayList<>();
    String token = null;
    PageSequence pages = new PageSequence();
    do {
      ListPage page = source.list(prefix, "/", key, token);
      for (ListedObject object : page.objects()) {
        if (object.key().length() > prefix.length()) {
          directory.names.put(object.key().substring(prefix.length()), listedEntry(object));
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

  /**
   * Directories that follow each other and are listed together, by the thread that needs the first
   * one.
   */
  private final class Group {
    private final String prefix;
    private final List<String> members;

    /** The number of pages that the group should take. */
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

  /** A directory and everything below it, as pages show it. For one thread. */
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
      directory(parent).names.put(name, listedEntry(object));
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
      ListedEntry listedEntry = directory.self.orElse(ListedEntry.directory(Optional.empty()));
      if (!name.isEmpty()) {
        parent.names.merge(name, listedEntry, (old, now) -> old.isDirectory() ? now : old);
      }
    }

    /** The name directly in the top directory that a key leads through. */
    String topNameOf(String key) {
      int slash = key.indexOf('/', prefix.length());
      return slash < 0 ? null : key.substring(prefix.length(), slash);
    }

    /**
     * Makes all directories known, except for the top directory, and except for those below the
     * name at which the page ends.
     */
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

  private static ListedEntry listedEntry(ListedObject object) {
    return new ListedEntry(
        false,
        object.size().orElse(-1L),
        object.tag().flatMap(ContentTag::parse),
        object.lastModified());
  }
}
