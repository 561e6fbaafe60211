package dev.mtb.store.bucket;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterators;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.spi.FileSystemProvider;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The door through which {@code java.nio} comes to {@link BucketFiles}. Thread-safe. */
final class BucketFilesProvider extends FileSystemProvider {
  private static final ImmutableSet<OpenOption> READING =
      ImmutableSet.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  private final BucketFiles files;

  BucketFilesProvider(BucketFiles files) {
    this.files = files;
  }

  @Override
  public String getScheme() {
    return "s3";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Path getPath(URI uri) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    if (!READING.containsAll(options)) {
      throw new ReadOnlyFileSystemException();
    }
    return files.reader().open((BucketPath) path);
  }

  /** Asks for nothing before its first name is wanted: some open directories to be in them. */
  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path directory, DirectoryStream.Filter<? super Path> filter) {
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        Supplier<Iterator<Path>> children = Suppliers.memoize(this::children);
        return new Iterator<>() {
          @Override
          public boolean hasNext() {
            return children.get().hasNext();
          }

          @Override
          public Path next() {
            return children.get().next();
          }
        };
      }

      private Iterator<Path> children() {
        try {
          return Iterators.filter(
              files.reader().list((BucketPath) directory).iterator(), this::isAccepted);
        } catch (IOException e) {
          throw new DirectoryIteratorException(e);
        }
      }

      private boolean isAccepted(Path child) {
        try {
          return filter.accept(child);
        } catch (IOException e) {
          throw new DirectoryIteratorException(e);
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void createDirectory(Path directory, FileAttribute<?>... attributes) {
    throw new ReadOnlyFileSystemException();
  }

  @Override
  public void delete(Path path) {
    throw new ReadOnlyFileSystemException();
  }

  @Override
  public void copy(Path source, Path target, CopyOption... options) {
    throw new ReadOnlyFileSystemException();
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) {
    throw new ReadOnlyFileSystemException();
  }

  @Override
  public boolean isSameFile(Path path, Path other) {
    return path.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  @Override
  public boolean isHidden(Path path) {
    return false;
  }

  @Override
  public FileStore getFileStore(Path path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    if (Arrays.asList(modes).contains(AccessMode.WRITE)) {
      throw new ReadOnlyFileSystemException();
    }
    Metadata unused = files.reader().look((BucketPath) path, false);
  }

  @Override
  public Path readSymbolicLink(Path link) throws IOException {
    return files.reader().readLink((BucketPath) link);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    // None, says the contract.
    return null;
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    if (type != BasicFileAttributes.class) {
      throw new UnsupportedOperationException(type.getName());
    }
    return type.cast(new Attributes(look(path, options)));
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
      throws IOException {
    Metadata metadata = look(path, options);
    Attributes attributes = new Attributes(metadata);
    return ImmutableMap.<String, Object>builder()
        .put("mode", metadata.mode())
        .put("uid", metadata.uid())
        .put("gid", metadata.gid())
        .put("dev", metadata.device())
        .put("ino", metadata.inode())
        .put("size", metadata.size())
        .put("lastModifiedTime", attributes.lastModifiedTime())
        .put("isRegularFile", attributes.isRegularFile())
        .put("isDirectory", attributes.isDirectory())
        .put("isSymbolicLink", attributes.isSymbolicLink())
        .put("fileKey", attributes.fileKey())
        .buildOrThrow();
  }

  /** Who would follow a link looks at the way to something, which consists of directories. */
  private Metadata look(Path path, LinkOption... options) throws IOException {
    boolean follows = !Arrays.asList(options).contains(LinkOption.NOFOLLOW_LINKS);
    return files.reader().look((BucketPath) path, follows);
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options) {
    throw new ReadOnlyFileSystemException();
  }

  private record Attributes(Metadata metadata) implements BasicFileAttributes {
    @Override
    public FileTime lastModifiedTime() {
      return FileTime.from(metadata.mtime());
    }

    @Override
    public FileTime lastAccessTime() {
      return lastModifiedTime();
    }

    @Override
    public FileTime creationTime() {
      return lastModifiedTime();
    }

    @Override
    public boolean isRegularFile() {
      return metadata.kind() == Kind.FILE;
    }

    @Override
    public boolean isDirectory() {
      return metadata.kind() == Kind.DIRECTORY;
    }

    @Override
    public boolean isSymbolicLink() {
      return metadata.kind() == Kind.LINK;
    }

    @Override
    public boolean isOther() {
      return metadata.kind() == Kind.SPECIAL;
    }

    @Override
    public long size() {
      return metadata.size();
    }

    @Override
    public Object fileKey() {
      return metadata.inode();
    }
  }
}
