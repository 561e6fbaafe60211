package dev.mtb.place;

import com.google.common.base.CharMatcher;
import com.google.common.net.HostAndPort;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Tree;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.mount.S3fsProcess;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The identity of a destination as a text that two runs can compare: the same place has the same
 * text, and the text of a place inside it begins with it. Sends no request; never fails.
 */
final class LockPlace {
  private static final String FOLDER = "folder:";
  private static final String BUCKET = "bucket:";
  private static final String OTHER = "other:";

  /** All names of Amazon's services lead to the same buckets. */
  private static final String AMAZON = "amazon";

  private LockPlace() {}

  /** A directory that has no bucket, or no known bucket, behind it. */
  static String of(Path real) {
    return real.getFileSystem() == FileSystems.getDefault()
        ? FOLDER + withSlash(PathBytes.toText(real))
        : OTHER
            + System.identityHashCode(real.getFileSystem())
            + withSlash(PathBytes.toText(real.toAbsolutePath()));
  }

  /** A store that only this process knows. */
  static String ofOwn(Tree tree) {
    return OTHER + System.identityHashCode(tree) + "/";
  }

  static String of(BucketPlace place) {
    return bucket(
        place.location().bucket(),
        place.location().prefix(),
        place.endpoint().map(URI::toString).orElse(""));
  }

  /**
   * The bucket behind a mount, even where MTB does not go to it directly; else the directory.
   *
   * @param below the directory, relative to the root of what s3fs shows
   */
  static String of(S3fsProcess s3fs, Path below, Path real) {
    Optional<MountedBucket.Start> start = MountedBucket.start(s3fs);
    return start.isEmpty()
        ? of(real)
        : bucket(
            start.get().bucket(),
            withSlash(start.get().prefix()) + PathBytes.toText(below),
            s3fs.url().orElse(""));
  }

  /** Whether other processes can reach the place. */
  static boolean isShared(String place) {
    return !place.startsWith(OTHER);
  }

  /** Whether it is in a bucket that is known. */
  static boolean isBucket(String place) {
    return place.startsWith(BUCKET);
  }

  private static String bucket(String name, String prefix, String url) {
    return BUCKET
        + service(url)
        + "/"
        + name
        + withSlash("/" + CharMatcher.is('/').trimFrom(prefix));
  }

  /** Host and port: the scheme makes no difference. */
  private static String service(String url) {
    int scheme = url.indexOf("://");
    String rest = url.substring(scheme < 0 ? 0 : scheme + 3).toLowerCase(Locale.ROOT);
    String authority = rest.substring(0, (rest + "/").indexOf('/'));
    if (authority.isEmpty()) {
      return AMAZON;
    }
    String host = authority;
    int port = -1;
    try {
      HostAndPort parsed = HostAndPort.fromString(authority);
      host = parsed.getHost();
      port = parsed.getPortOrDefault(-1);
    } catch (IllegalArgumentException e) {
      // The URL need not be valid here: it is only compared as text.
    }
    if (host.endsWith(".amazonaws.com") || host.endsWith(".amazonaws.com.cn")) {
      return AMAZON;
    }
    boolean isLoopback = host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
    boolean isDefaultPort = port == 80 || port == 443;
    return (isLoopback ? "localhost" : host) + (port < 0 || isDefaultPort ? "" : ":" + port);
  }

  private static String withSlash(String text) {
    return text.isEmpty() || text.endsWith("/") ? text : text + "/";
  }
}
