package dev.mtb.store.bucket;

import static java.util.Objects.requireNonNull;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import dev.mtb.store.ListedEntry;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A path in {@link BucketFiles}, with the rules of a UNIX path: names between slashes, and an empty
 * path that has one empty name. Immutable.
 */
final class BucketPath implements Path {
  private final BucketFiles files;
  private final boolean isAbsolute;
  private final ImmutableList<String> names;

  /** What the list of its directory told, if it comes from one. Says nothing of who it is. */
  private final Optional<ListedEntry> glance;

  BucketPath(BucketFiles files, boolean isAbsolute, List<String> names) {
    this(files, isAbsolute, names, Optional.empty());
  }

  private BucketPath(
      BucketFiles files, boolean isAbsolute, List<String> names, Optional<ListedEntry> glance) {
    this.files = files;
    this.isAbsolute = isAbsolute;
    this.names = ImmutableList.copyOf(names);
    this.glance = glance;
  }

  private BucketPath relative(List<String> some) {
    return new BucketPath(files, false, some);
  }

  /** A child that a list has shown. */
  BucketPath child(String name, ListedEntry shown) {
    List<String> all = new ArrayList<>(names);
    all.add(name);
    return new BucketPath(files, isAbsolute, all, Optional.of(shown));
  }

  Optional<ListedEntry> glance() {
    return glance;
  }

  ImmutableList<String> names() {
    return names;
  }

  private boolean isEmpty() {
    return !isAbsolute && names.get(0).isEmpty();
  }

  private BucketPath mine(Path other) {
    if (requireNonNull(other) instanceof BucketPath path && path.files == files) {
      return path;
    }
    throw new ProviderMismatchException();
  }

  @Override
  public FileSystem getFileSystem() {
    return files;
  }

  @Override
  public boolean isAbsolute() {
    return isAbsolute;
  }

  @Override
  public Path getRoot() {
    return isAbsolute ? files.root() : null;
  }

  @Override
  public Path getFileName() {
    return names.isEmpty() ? null : relative(names.subList(names.size() - 1, names.size()));
  }

  @Override
  public Path getParent() {
    if (names.isEmpty() || (!isAbsolute && names.size() == 1)) {
      return null;
    }
    return new BucketPath(files, isAbsolute, names.subList(0, names.size() - 1));
  }

  @Override
  public int getNameCount() {
    return names.size();
  }

  @Override
  public Path getName(int index) {
    return subpath(index, index + 1);
  }

  @Override
  public Path subpath(int begin, int end) {
    if (begin < 0 || end > names.size() || begin >= end) {
      throw new IllegalArgumentException(begin + " to " + end + " of " + this);
    }
    return relative(names.subList(begin, end));
  }

  @Override
  public boolean startsWith(Path other) {
    return other instanceof BucketPath path
        && path.files == files
        && path.isAbsolute == isAbsolute
        && path.names.size() <= names.size()
        && names.subList(0, path.names.size()).equals(path.names);
  }

  @Override
  public boolean endsWith(Path other) {
    if (!(other instanceof BucketPath path) || path.files != files) {
      return false;
    }
    int start = names.size() - path.names.size();
    return path.isAbsolute
        ? equals(path)
        : start >= 0 && names.subList(start, names.size()).equals(path.names);
  }

  @Override
  public Path normalize() {
    List<String> kept = new ArrayList<>();
    for (String name : names) {
      boolean climbs = name.equals("..");
      boolean mayDrop = !kept.isEmpty() && !kept.get(kept.size() - 1).equals("..");
      if (climbs && mayDrop) {
        kept.remove(kept.size() - 1);
      } else if (!name.equals(".") && !(climbs && isAbsolute)) {
        kept.add(name);
      }
    }
    return new BucketPath(files, isAbsolute, kept.isEmpty() && !isAbsolute ? List.of("") : kept);
  }

  @Override
  public Path resolve(Path other) {
    BucketPath path = mine(other);
    if (path.isAbsolute || isEmpty()) {
      return path;
    }
    if (path.isEmpty()) {
      return this;
    }
    List<String> all = new ArrayList<>(names);
    all.addAll(path.names);
    return new BucketPath(files, isAbsolute, all);
  }

  @Override
  public Path relativize(Path other) {
    BucketPath path = mine(other);
    if (path.isAbsolute != isAbsolute) {
      throw new IllegalArgumentException("one of " + this + " and " + path + " is absolute");
    }
    if (isEmpty()) {
      return path;
    }
    List<String> theirs = path.isEmpty() ? List.of() : path.names;
    int common = 0;
    while (common < names.size()
        && common < theirs.size()
        && names.get(common).equals(theirs.get(common))) {
      common++;
    }
    List<String> way = new ArrayList<>();
    for (int i = common; i < names.size(); i++) {
      way.add("..");
    }
    way.addAll(theirs.subList(common, theirs.size()));
    return relative(way.isEmpty() ? List.of("") : way);
  }

  @Override
  public URI toUri() {
    try {
      return new URI("s3", files.bucket(), toAbsolutePath().toString(), null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Path toAbsolutePath() {
    return isAbsolute ? this : files.root().resolve(this);
  }

  /** Links are not followed here. */
  @Override
  public Path toRealPath(LinkOption... options) {
    return toAbsolutePath().normalize();
  }

  @Override
  public WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int compareTo(Path other) {
    return toString().compareTo(mine(other).toString());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BucketPath path
        && path.files == files
        && path.isAbsolute == isAbsolute
        && path.names.equals(names);
  }

  @Override
  public int hashCode() {
    return 31 * names.hashCode() + (isAbsolute ? 1 : 0);
  }

  @Override
  public String toString() {
    return (isAbsolute ? "/" : "") + Joiner.on('/').join(names);
  }
}
