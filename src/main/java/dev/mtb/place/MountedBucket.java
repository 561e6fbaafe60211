package dev.mtb.place;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.store.DestinationException;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.bucket.PasswdFile;
import dev.mtb.store.mount.S3fsProcess;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads from the command line of an s3fs which bucket is behind its mount. MTB goes to the bucket
 * directly only if every option of the mount is in one of the tables here: each was looked up in
 * s3fs(1), and in the source of s3fs 1.90 to 1.97.
 */
final class MountedBucket {
  /** Where s3fs looks without {@code passwd_file} (s3fs(1), AUTHENTICATION). */
  private static final Path SYSTEM_PASSWD = Path.of("/etc/passwd-s3fs");

  private static final String PERSONAL_PASSWD = ".passwd-s3fs";

  /** What s3fs signs for without {@code endpoint}. */
  private static final String DEFAULT_REGION = "us-east-1";

  /**
   * Options that change neither what is stored nor where: how the mount is shown (uid, gid, umask
   * and so on; the objects keep the true values), what the kernel and mount(8) want, how fast it
   * is, what it caches and logs, and how requests are signed. The last one matters only where the
   * bucket's name has a dot, and then the path style is asked for.
   */
  private static final ImmutableSet<String> WITHOUT_EFFECT =
      words(
          """
          uid gid umask mp_umask allow_other allow_root default_permissions
          complement_stat nonempty compat_dir notsup_compat_dir fsname subtype

          rw ro dev nodev suid nosuid exec noexec sync async atime noatime relatime auto
          noauto user nouser users _netdev nofail attr_timeout entry_timeout
          negative_timeout max_read max_write max_readahead max_background big_writes
          kernel_cache auto_cache direct_io large_read intr

          retries tmpdir use_cache check_cache_dir_exist del_cache ensure_diskfree
          fake_diskfree free_space_ratio bucket_size multireq_max parallel_count
          parallel_upload fd_page_size multipart_size multipart_copy_size
          multipart_threshold putheader_mp_threshold singlepart_copy_limit max_dirty_data nomixupload
          streamupload max_thread_count connect_timeout readwrite_timeout
          list_object_max_keys listobjectsv2 max_stat_cache_size stat_cache_expire
          stat_cache_interval_expire enable_noobj_cache disable_noobj_cache
          enable_negative_cache disable_negative_cache update_parent_dir_stat
          enable_content_md5 nodnscache nosscache dbglevel curldbg logfile instance_name
          no_time_stamp_msg set_check_cache_sigusr1 noua noxmlns createbucket hard_remove
          insecure_logging ipresolve

          sigv4 ssl_verify_hostname enable_unsigned_payload cipher_suites imdsv1only
          """);

  /** Options that say where the bucket is and how objects are stored; read below. */
  private static final ImmutableSet<String> UNDERSTOOD =
      words(
          """
          bucket url host endpoint region use_path_request_style passwd_file profile iam_role
          ecs storage_class use_rrs default_acl use_sse requester_pays
          """);

  /** In the foreground, single-threaded, with debugging output. */
  private static final ImmutableSet<String> FLAGS = ImmutableSet.of("-f", "-s", "-d", "--debug");

  /** Why MTB cannot go to the bucket with some other options, for the message. */
  private static final ImmutableMap<String, String> KNOWN_OBSTACLES =
      ImmutableMap.<String, String>builder()
          .put("use_wtf8", "names are encoded in a way of its own")
          .put("use_xattr", "objects have extended attributes that MTB would not keep")
          .put("nomultipart", "the server takes no uploads in parts")
          .put("nocopyapi", "the server cannot copy")
          .put("norenameapi", "the server cannot copy to another name")
          .put("no_check_certificate", "the server's certificate cannot be checked")
          .put("sigv2", "the server knows the old signatures only")
          .put("ahbe_conf", "objects are given additional headers")
          .put("mime", "the types of objects come from a file of its own")
          .put("servicepath", "the URL of the server has a path")
          .put("public_bucket", "requests are not signed")
          .put("proxy", "requests go through a proxy of its own")
          .put("proxy_cred_file", "requests go through a proxy of its own")
          .put("ssl_client_cert", "the server asks for a certificate of the client")
          .put("load_sse_c", "objects are encrypted with keys of the customer's own")
          .put("use_session_token", "its credentials stand in the environment of its process only")
          .put("ibm_iam_auth", "requests have a token of IBM's IAM and no signature")
          .put("ibm_iam_endpoint", "requests have a token of IBM's IAM and no signature")
          .put("credlib", "its credentials come from a library that only s3fs can load")
          .put("credlib_opts", "its credentials come from a library that only s3fs can load")
          .buildOrThrow();

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

  /**
   * Finds the bucket.
   *
   * @param below the destination, relative to the root of what s3fs shows ({@link Mount#below})
   */
  public static Finding find(S3fsProcess s3fs, Path below) {
    try {
      return new Finding(Optional.of(place(s3fs, below)), "");
    } catch (DestinationException | InvalidJobException e) {
      return Finding.not(e.getMessage());
    }
  }

  private static BucketPlace place(S3fsProcess s3fs, Path below) throws DestinationException {
    checkOptions(s3fs);
    Start start =
        start(s3fs).orElseThrow(() -> new DestinationException("its command line names no bucket"));
    if (s3fs.has("ssl_verify_hostname") && !s3fs.has("use_path_request_style")) {
      throw new DestinationException("it is mounted with -o ssl_verify_hostname");
    }
    Optional<URI> endpoint = endpoint(s3fs);
    ObjectStyle style = style(s3fs);
    boolean isOfMachine = hasMachineCredentials(s3fs);
    Optional<Path> passwd = isOfMachine ? Optional.empty() : Optional.of(passwdFile(s3fs));
    String name = new String(PathBytes.of(below), StandardCharsets.UTF_8);
    BucketPlace place =
        new BucketPlace(
            new S3Location(start.bucket(), start.prefix() + "/" + name),
            endpoint,
            Optional.of(
                s3fs.value("endpoint").or(() -> s3fs.value("region")).orElse(DEFAULT_REGION)),
            s3fs.has("use_path_request_style"),
            passwd,
            style);
    return isOfMachine ? withMachineCredentials(place, s3fs) : place;
  }

  private static void checkOptions(S3fsProcess s3fs) throws DestinationException {
    if (s3fs.doubt().isPresent()) {
      throw new DestinationException(s3fs.doubt().get());
    }
    for (String flag : s3fs.flags()) {
      if (!FLAGS.contains(flag)) {
        throw new DestinationException("its s3fs was started with " + flag);
      }
    }
    for (String option : s3fs.options()) {
      String name = option.substring(0, (option + "=").indexOf('='));
      if (!name.isEmpty() && !WITHOUT_EFFECT.contains(name) && !UNDERSTOOD.contains(name)) {
        String why = KNOWN_OBSTACLES.getOrDefault(name, "MTB does not know what it asks for");
        throw new DestinationException("it is mounted with -o " + name + " (" + why + ")");
      }
    }
  }

  /**
   * Where in a bucket a mount begins.
   *
   * @param bucket its name
   * @param prefix without a slash at either end; empty for the whole bucket
   */
  record Start(String bucket, String prefix) {}

  /** Reads {@code bucket} or {@code bucket:/prefix}; empty if the command line names no bucket. */
  static Optional<Start> start(S3fsProcess s3fs) {
    return s3fs.value("bucket")
        .or(s3fs::bucket)
        .map(
            text -> {
              List<String> parts = Splitter.on(':').limit(2).splitToList(text);
              String prefix = Iterables.get(parts, 1, "");
              return new Start(parts.get(0), CharMatcher.is('/').trimFrom(prefix));
            });
  }

  private static Optional<URI> endpoint(S3fsProcess s3fs) throws DestinationException {
    if (s3fs.url().isEmpty()) {
      return Optional.empty();
    }
    URI url;
    try {
      url = new URI(s3fs.url().get());
    } catch (URISyntaxException e) {
      throw new DestinationException("its URL cannot be read: " + e.getInput(), e);
    }
    if (url.getHost() == null || url.getUserInfo() != null) {
      throw new DestinationException("MTB does not understand its URL");
    }
    if (!List.of("", "/").contains(url.getPath())) {
      throw new DestinationException("its URL has a path: " + url);
    }
    return Optional.of(url);
  }

  private static ObjectStyle style(S3fsProcess s3fs) throws DestinationException {
    Optional<String> storageClass =
        s3fs.value("storage_class").map(name -> name.toUpperCase(Locale.ROOT));
    if (s3fs.has("use_rrs") && !s3fs.value("use_rrs").equals(Optional.of("0"))) {
      storageClass = Optional.of("REDUCED_REDUNDANCY");
    }
    Optional<String> encryption = Optional.empty();
    Optional<String> key = Optional.empty();
    if (s3fs.has("use_sse")) {
      String sse = s3fs.value("use_sse").orElse("1");
      if (sse.equals("1")) {
        encryption = Optional.of("AES256");
      } else if (sse.startsWith("k")) {
        encryption = Optional.of("aws:kms");
        int colon = sse.indexOf(':');
        key = colon < 0 ? Optional.empty() : Optional.of(sse.substring(colon + 1));
      } else {
        // Encryption with the customer's own keys.
        throw new DestinationException("it is mounted with -o use_sse=" + sse);
      }
    }
    return new ObjectStyle(
        storageClass,
        s3fs.value("default_acl"),
        encryption,
        key,
        Map.of(),
        Optional.empty(),
        s3fs.has("requester_pays"));
  }

  /** Whether s3fs takes credentials of the machine, in its order (InitialS3fsCredentials). */
  private static boolean hasMachineCredentials(S3fsProcess s3fs) {
    return s3fs.has("iam_role")
        || s3fs.has("ecs")
        || (s3fs.value("profile").isPresent() && !s3fs.has("passwd_file"));
  }

  private static BucketPlace withMachineCredentials(BucketPlace place, S3fsProcess s3fs) {
    if (s3fs.has("iam_role")) {
      // An instance has one role, so that its name need not be given.
      return place.withInstanceRole();
    }
    return s3fs.has("ecs")
        ? place.withContainerRole()
        : place.withProfile(s3fs.value("profile").orElseThrow());
  }

  private static Path passwdFile(S3fsProcess s3fs) throws DestinationException {
    Path personal = Path.of(System.getProperty("user.home"), PERSONAL_PASSWD);
    Path file =
        s3fs.value("passwd_file")
            .map(name -> S3fsProcess.path(name, Path.of("")))
            .orElse(Files.exists(personal) ? personal : SYSTEM_PASSWD);
    // A daemon has changed its directory, so that a relative name cannot be resolved.
    if (!file.isAbsolute() || !Files.isReadable(file)) {
      throw new DestinationException(
          "its credentials cannot be read ("
              + (file.isAbsolute() ? file : "no password file")
              + ")");
    }
    Optional<String> exposure = PasswdFile.exposure(file);
    if (exposure.isPresent()) {
      throw new DestinationException(exposure.get());
    }
    return file;
  }

  private static ImmutableSet<String> words(String text) {
    return ImmutableSet.copyOf(
        Splitter.on(CharMatcher.whitespace()).omitEmptyStrings().split(text));
  }
}
