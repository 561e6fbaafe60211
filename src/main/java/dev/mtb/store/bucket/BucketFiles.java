package dev.mtb.store.bucket;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Throttle;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A prefix of a bucket in the format of s3fs, as a file system of {@code java.nio} that can only be
 * read: a restore reads a bucket as it reads a directory, with as few requests as possible.
 *
 * <ul>
 *   <li>Directories are listed by {@link TreeListing}: a LIST shows a thousand names, of as many
 *       directories as they are in.
 *   <li>To look at a path is one HEAD. Its answer is kept as long as the path may wait to be
 *       copied. A file is read with one GET for the version that was looked at, so that content and
 *       metadata never belong to two versions.
 *   <li>A small file that is {@link #expect expected} to be read is one GET, content and all.
 * </ul>
 *
 * <p>A file's inode number stands for its version: it changes whenever the object is written. Links
 * are never followed. Thread-safe.
 */
public final class BucketFiles extends FileSystem {
  private static final Splitter NAMES = Splitter.on('/').omitEmptyStrings();

  private final BucketFilesProvider provider = new BucketFilesProvider(this);
  private final BucketPath root = new BucketPath(this, true, List.of());
  private final BucketReader reader;
  private final String bucket;
  private volatile boolean isOpen = true;

  private BucketFiles(BucketPlace place, BucketReader reader) {
    this.reader = reader;
    bucket = place.location().bucket();
  }

  /**
   * Connects to a bucket. No request is made yet.
   *
   * @param place which bucket
   * @param connections how many requests at most at a time, besides those that read ahead
   * @param retries how often a request is made again that failed for a reason that may pass
   * @return must be closed
   * @throws DestinationException if there are no credentials
   */
  public static BucketFiles connect(BucketPlace place, int connections, int retries)
      throws DestinationException {
    return new BucketFiles(place, new BucketReader(place, connections, retries));
  }

  /**
   * Lists a few paths that are there, so that wrong names and credentials show at once.
   *
   * @param most how many, at most a page of a thousand
   * @return paths, as they come
   * @throws DestinationException if the bucket cannot be used, or nothing is there
   */
  public List<Path> some(int most) throws DestinationException {
    List<Path> found = new ArrayList<>();
    for (String key : reader.some(most)) {
      List<String> names = NAMES.splitToList(key);
      if (names.stream().allMatch(BucketKeys::isName)) {
        found.add(new BucketPath(this, true, names));
      }
    }
    return found;
  }

  /**
   * Says which files will most likely be read after they were looked at.
   *
   * @param isWanted told paths of this file system; must be thread-safe and fast
   */
  public void expect(Predicate<Path> isWanted) {
    reader.expect(isWanted);
  }

  /**
   * What a list has told of a path.
   *
   * @param path as a directory's stream gave it
   * @return whether it is a directory; empty if that is not known without asking, as it is not of
   *     an empty object: old clients keep directories as such
   */
  public Optional<Boolean> isListedAsDirectory(Path path) {
    return path instanceof BucketPath mine
        ? mine.glance().filter(g -> g.isDirectory() || g.size() > 0).map(ListedEntry::isDirectory)
        : Optional.empty();
  }

  /**
   * Whether the directory that everything lies in has metadata of its own. May cost a request.
   *
   * @return false if it has no object of its own, as a whole bucket; true if the request fails,
   *     since the next look at it tells why
   */
  public boolean hasRootMetadata() {
    try {
      return !reader.isImplied(root);
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * The directory that everything lies in.
   *
   * @return absolute
   */
  public Path root() {
    return root;
  }

  /**
   * Sends requests no faster than a throttle allows, from now on.
   *
   * @param throttle asked before each
   */
  public void limit(Throttle throttle) {
    reader.limit(throttle);
  }

  /** The name of the bucket. */
  String bucket() {
    return bucket;
  }

  BucketReader reader() {
    return reader;
  }

  // What java.nio asks for besides

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() {
    isOpen = false;
    reader.close();
  }

  @Override
  public boolean isOpen() {
    return isOpen;
  }

  @Override
  public boolean isReadOnly() {
    return true;
  }

  @Override
  public String getSeparator() {
    return "/";
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of(root);
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of();
  }

  /** With the view "unix", which has owner and mode; the JDK's own file system has it, too. */
  @Override
  public Set<String> supportedFileAttributeViews() {
    return ImmutableSet.of("basic", "unix");
  }

  @Override
  public Path getPath(String first, String... more) {
    String text = Joiner.on('/').join(ImmutableList.<String>builder().add(first).add(more).build());
    List<String> names = NAMES.splitToList(text);
    boolean isAbsolute = text.startsWith("/");
    return new BucketPath(this, isAbsolute, names.isEmpty() && !isAbsolute ? List.of("") : names);
  }

  @Override
  public PathMatcher getPathMatcher(String pattern) {
    throw new UnsupportedOperationException();
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException();
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException();
  }
}
