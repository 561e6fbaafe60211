package dev.mtb.place;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.S3Location;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.bucket.ObjectStyle;
import dev.mtb.store.bucket.PasswdFile;
import dev.mtb.store.mount.S3fsProcess;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The bucket behind a mount, as the command line of its s3fs tells. It is written to directly only
 * if every option of the mount is in one of the tables here: each was looked up in s3fs(1), and in
 * the source of s3fs 1.90.
 */
public final class MountedBucket {
  /** Where s3fs looks without {@code passwd_file} (s3fs(1), AUTHENTICATION). */
  private static final Path SYSTEM_PASSWD = Path.of("/etc/passwd-s3fs");

  private static final String PERSONAL_PASSWD = ".passwd-s3fs";

  /** What s3fs signs for without {@code endpoint}. */
  private static final String DEFAULT_REGION = "us-east-1";

  /**
   * Options that change neither what is stored nor where: how the mount is shown (uid, gid, umask
   * and so on; the objects keep the true values), how fast it is, what it caches and logs.
   */
  private static final ImmutableSet<String> WITHOUT_EFFECT =
      ImmutableSet.of(
          // How it is shown.
          "uid",
          "gid",
          "umask",
          "mp_umask",
          "allow_other",
          "allow_root",
          "default_permissions",
          "complement_stat",
          "nonempty",
          "notsup_compat_dir",
          "fsname",
          "subtype",
          // What the kernel and mount(8) want.
          "rw",
          "ro",
          "dev",
          "nodev",
          "suid",
          "nosuid",
          "exec",
          "noexec",
          "sync",
          "async",
          "atime",
          "noatime",
          "relatime",
          "auto",
          "noauto",
          "user",
          "nouser",
          "users",
          "_netdev",
          "nofail",
          "attr_timeout",
          "entry_timeout",
          "negative_timeout",
          "max_read",
          "max_write",
          "max_readahead",
          "max_background",
          "big_writes",
          "kernel_cache",
          "auto_cache",
          "direct_io",
          "large_read",
          "intr",
          // How fast it is, what it keeps here.
          "retries",
          "tmpdir",
          "use_cache",
          "check_cache_dir_exist",
          "del_cache",
          "ensure_diskfree",
          "fake_diskfree",
          "free_space_ratio",
          "bucket_size",
          "multireq_max",
          "parallel_count",
          "parallel_upload",
          "fd_page_size",
          "multipart_size",
          "multipart_copy_size",
          "multipart_threshold",
          "singlepart_copy_limit",
          "max_dirty_data",
          "nomixupload",
          "streamupload",
          "max_thread_count",
          "connect_timeout",
          "readwrite_timeout",
          "list_object_max_keys",
          "listobjectsv2",
          "max_stat_cache_size",
          "stat_cache_expire",
          "stat_cache_interval_expire",
          "enable_noobj_cache",
          "disable_noobj_cache",
          "enable_negative_cache",
          "disable_negative_cache",
          "update_parent_dir_stat",
          "enable_content_md5",
          "nodnscache",
          "nosscache",
          "dbglevel",
          "curldbg",
          "logfile",
          "instance_name",
          "no_time_stamp_msg",
          "set_check_cache_sigusr1",
          "noua",
          "noxmlns",
          "createbucket",
          // How requests are signed: as the SDK does it.
          "sigv4",
          // Only where the bucket's name has a dot, and then the path style is asked for.
          "ssl_verify_hostname");

  /** In the foreground, single-threaded, with debugging output. */
  private static final ImmutableSet<String> FLAGS = ImmutableSet.of("-f", "-s", "-d", "--debug");

  /** Options that say where the bucket is and how objects are stored; read below. */
  private static final ImmutableSet<String> UNDERSTOOD =
      ImmutableSet.of(
          "bucket",
          "url",
          "host",
          "endpoint",
          "use_path_request_style",
          "passwd_file",
          "storage_class",
          "use_rrs",
          "default_acl",
          "use_sse",
          "requester_pays");

  /** What is wrong with some others, for the message. */
  private static final ImmutableMap<String, String> KNOWN_OBSTACLES =
      ImmutableMap.of(
          "use_wtf8", "names are encoded in a way of its own",
          "use_xattr", "objects have extended attributes that MTB would not keep",
          "nomultipart", "the server takes no uploads in parts",
          "nocopyapi", "the server cannot copy",
          "no_check_certificate", "the server's certificate cannot be checked",
          "sigv2", "the server knows the old signatures only",
          "ahbe_conf", "objects are given additional headers");

  /**
   * What was found.
   *
   * @param place if everything is understood
   * @param obstacle otherwise, in words
   */
  public record Finding(Optional<BucketPlace> place, String obstacle) {
    static Finding not(String obstacle) {
      return new Finding(Optional.empty(), obstacle);
    }
  }

  private MountedBucket() {}

  /** Finds the bucket. */
  public static Finding find(S3fsProcess s3fs, Path below) {
    Optional<String> obstacle = obstacle(s3fs);
    if (obstacle.isPresent()) {
      return Finding.not(obstacle.get());
    }
    Optional<Start> start = start(s3fs);
    if (start.isEmpty()) {
      return Finding.not("its command line names no bucket");
    }
    if (s3fs.has("ssl_verify_hostname") && !s3fs.has("use_path_request_style")) {
      return Finding.not("it is mounted with -o ssl_verify_hostname");
    }
    Optional<URI> endpoint;
    try {
      endpoint = endpoint(s3fs);
    } catch (URISyntaxException e) {
      return Finding.not("its URL cannot be read: " + e.getInput());
    }
    if (endpoint.isPresent()
        && (endpoint.get().getHost() == null || endpoint.get().getUserInfo() != null)) {
      return Finding.not("its URL is none that MTB understands");
    }
    if (endpoint.isPresent() && !List.of("", "/").contains(endpoint.get().getPath())) {
      return Finding.not("its URL has a path: " + endpoint.get());
    }
    Optional<ObjectStyle> style = style(s3fs);
    if (style.isEmpty()) {
      return Finding.not("it is mounted with -o use_sse=" + s3fs.value("use_sse").orElse(""));
    }
    Optional<Path> passwd = passwdFile(s3fs);
    if (passwd.isEmpty() || !Files.isReadable(passwd.get())) {
      return Finding.not(
          "its credentials cannot be read ("
              + passwd.map(Path::toString).orElse("no password file")
              + ")");
    }
    Optional<String> exposure = PasswdFile.exposure(passwd.get());
    if (exposure.isPresent()) {
      return Finding.not(exposure.get());
    }
    S3Location location;
    try {
      location = location(start.get(), below);
    } catch (InvalidJobException e) {
      return Finding.not(e.getMessage());
    }
    return new Finding(
        Optional.of(
            new BucketPlace(
                location,
                endpoint,
                Optional.of(s3fs.value("endpoint").orElse(DEFAULT_REGION)),
                s3fs.has("use_path_request_style"),
                passwd,
                style.get())),
        "");
  }

  /** What keeps MTB from going past the mount, of all that the command line asks for. */
  private static Optional<String> obstacle(S3fsProcess s3fs) {
    if (s3fs.doubt().isPresent()) {
      return s3fs.doubt();
    }
    for (String flag : s3fs.flags()) {
      if (!FLAGS.contains(flag)) {
        return Optional.of("its s3fs was started with " + flag);
      }
    }
    for (String option : s3fs.options()) {
      String name = option.contains("=") ? option.substring(0, option.indexOf('=')) : option;
      if (!name.isEmpty() && !WITHOUT_EFFECT.contains(name) && !UNDERSTOOD.contains(name)) {
        String why = KNOWN_OBSTACLES.getOrDefault(name, "MTB does not know what it asks for");
        return Optional.of("it is mounted with -o " + name + " (" + why + ")");
      }
    }
    return Optional.empty();
  }

  /**
   * Where in a bucket a mount begins.
   *
   * @param bucket its name
   * @param prefix without a slash at either end; empty for the whole bucket
   */
  record Start(String bucket, String prefix) {}

  /** Reads {@code bucket} or {@code bucket:/prefix}. */
  static Optional<Start> start(S3fsProcess s3fs) {
    return s3fs.value("bucket")
        .or(s3fs::bucket)
        .map(
            text -> {
              int colon = text.indexOf(':');
              return colon < 0
                  ? new Start(text, "")
                  : new Start(
                      text.substring(0, colon),
                      CharMatcher.is('/').trimFrom(text.substring(colon + 1)));
            });
  }

  private static S3Location location(Start start, Path below) {
    return new S3Location(
        start.bucket(),
        start.prefix() + "/" + new String(PathBytes.of(below), StandardCharsets.UTF_8));
  }

  private static Optional<URI> endpoint(S3fsProcess s3fs) throws URISyntaxException {
    Optional<String> url = s3fs.value("url").or(() -> s3fs.value("host"));
    return url.isPresent() ? Optional.of(new URI(url.get())) : Optional.empty();
  }

  /** Empty if the encryption is one with keys of the customer's own. */
  private static Optional<ObjectStyle> style(S3fsProcess s3fs) {
    Optional<String> storageClass = s3fs.value("storage_class").map(MountedBucket::upper);
    if (s3fs.has("use_rrs") && !s3fs.value("use_rrs").equals(Optional.of("0"))) {
      storageClass = Optional.of("REDUCED_REDUNDANCY");
    }
    Optional<String> encryption = Optional.empty();
    Optional<String> key = Optional.empty();
    if (s3fs.has("use_sse")) {
      String sse = s3fs.value("use_sse").orElse("1");
      if (sse.equals("1")) {
        encryption = Optional.of("AES256");
      } else if (sse.startsWith("kmsid") || sse.startsWith("k")) {
        encryption = Optional.of("aws:kms");
        int colon = sse.indexOf(':');
        key = colon < 0 ? Optional.empty() : Optional.of(sse.substring(colon + 1));
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(
        new ObjectStyle(
            storageClass, s3fs.value("default_acl"), encryption, key, s3fs.has("requester_pays")));
  }

  private static String upper(String storageClass) {
    return storageClass.toUpperCase(Locale.ROOT);
  }

  private static Optional<Path> passwdFile(S3fsProcess s3fs) {
    // A command line stands for its bytes here, one to a character.
    Optional<Path> given =
        s3fs.value("passwd_file")
            .map(name -> name.getBytes(StandardCharsets.ISO_8859_1))
            .map(bytes -> PathBytes.resolve(Path.of(""), bytes));
    if (given.isPresent()) {
      // A daemon has left the folder that a relative name starts from.
      return given.filter(Path::isAbsolute);
    }
    Path personal = Path.of(System.getProperty("user.home"), PERSONAL_PASSWD);
    return Optional.of(Files.exists(personal) ? personal : SYSTEM_PASSWD);
  }
}
