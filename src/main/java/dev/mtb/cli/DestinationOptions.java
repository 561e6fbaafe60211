package dev.mtb.cli;

import com.google.common.collect.ImmutableList;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.Addressing;
import dev.mtb.options.Connection;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.Via;
import dev.mtb.store.bucket.PasswdFile;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Options that say how a destination is reached. */
final class DestinationOptions {
  /** Options that mean nothing unless the destination is given as {@code s3://}. */
  static final ImmutableList<String> OF_BUCKETS =
      ImmutableList.of(
          "--endpoint-url",
          "--region",
          "--addressing-style",
          "--passwd-file",
          "--sign-payload",
          "--requester-pays",
          "--storage-class",
          "--sse",
          "--sse-kms-key-id",
          "--acl",
          "--tag",
          "--object-lock-mode",
          "--object-lock-retain");

  @Option(
      names = "--require-mount",
      description = "Refuse a destination that is not on a mounted S3FS.")
  private boolean requireMount;

  @Option(
      names = "--via",
      paramLabel = "auto|mount|bucket",
      converter = Converters.Vias.class,
      completionCandidates = Converters.Vias.class,
      defaultValue = "auto",
      description =
          "How a destination on a mounted S3FS is written to: straight to its bucket, through the"
              + " mount, or (auto) to the bucket if MTB understands how it is mounted.")
  private Via via;

  @Option(
      names = "--endpoint-url",
      paramLabel = "URL",
      description = "Where the S3 service of an s3:// destination is, if it is not Amazon's.")
  private URI endpoint;

  @Option(
      names = "--region",
      paramLabel = "NAME",
      description = "The region of an s3:// destination.")
  private String region;

  @Option(
      names = "--addressing-style",
      paramLabel = "auto|path|virtual",
      converter = Converters.AddressingStyles.class,
      completionCandidates = Converters.AddressingStyles.class,
      defaultValue = "auto",
      description =
          "Where the bucket's name stands in a request; auto: in the path with --endpoint-url, else"
              + " in the host.")
  private Addressing addressing;

  @Option(
      names = "--passwd-file",
      paramLabel = "FILE",
      description =
          "A password file of s3fs with the credentials of an s3:// destination; without it they"
              + " are found as the AWS tools find them.")
  private Path passwdFile;

  @Option(
      names = "--sign-payload",
      description =
          "Sign the SHA-256 of each content that is sent to an s3:// destination, so that nobody on"
              + " the way can change it over plain HTTP; contents are read once more.")
  private boolean signPayload;

  @Option(
      names = "--requester-pays",
      description = "Agree to pay for the requests to an s3:// destination that another one owns.")
  private boolean requesterPays;

  /**
   * Reads the destination. If a bucket's option was typed and the destination is a directory, the
   * user most likely means a bucket. (Defaults from the environment are for all runs, and do no
   * harm.)
   *
   * @param what the destination is called in messages
   * @throws InvalidJobException if it is no destination, or an option does not fit it
   */
  PlaceArgument parse(String text, String what, CommandSpec spec) {
    PlaceArgument place = PlaceArgument.parse(text, what);
    for (String option : OF_BUCKETS) {
      if (place.bucket().isEmpty()
          && spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new InvalidJobException(
            option
                + " is for a destination that is given as s3://BUCKET/PREFIX, and '"
                + text
                + "' is a directory; leave it out (on a mount the options of s3fs count), or give"
                + " the bucket");
      }
    }
    return place;
  }

  /** Refuses a password file that other users can read. */
  void checkPasswdFile() {
    Optional<String> exposure = Optional.ofNullable(passwdFile).flatMap(PasswdFile::exposure);
    if (exposure.isPresent()) {
      throw new InvalidJobException(exposure.get());
    }
  }

  /** What belongs to each request. */
  ObjectStyle style(ObjectStyle style) {
    return style.withRequesterPays(requesterPays);
  }

  Connection connection() {
    return new Connection(
        requireMount,
        via,
        Optional.ofNullable(endpoint),
        Optional.ofNullable(region),
        addressing,
        Optional.ofNullable(passwdFile),
        signPayload);
  }
}
