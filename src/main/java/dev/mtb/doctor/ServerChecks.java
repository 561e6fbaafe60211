package dev.mtb.doctor;

import dev.mtb.doctor.Finding.Status;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.options.Via;
import dev.mtb.place.PlaceInfo;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.bucket.BucketCheck;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.bucket.PasswdFile;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Checks of the server behind a bucket or a mount. */
final class ServerChecks {
  /** The words after the bucket's name in MTB's messages. The finding already has the name. */
  private static final String UNUSABLE = " cannot be used: ";

  private static final String CHECK_NETWORK =
      "check the network, the server, and the URL that it is asked by (--endpoint-url, or url= of"
          + " the mount)";

  /** S3 refuses requests whose signatures are older or newer than this (RequestTimeTooSkewed). */
  private static final Duration CLOCK_REFUSED = Duration.ofMinutes(15);

  /**
   * A larger difference means that the clock is not set by NTP, with which it would be less than a
   * second.
   */
  private static final Duration CLOCK_SUSPECT = Duration.ofMinutes(1);

  /** Odd, so that there is a median; few enough for a server that takes a second. */
  private static final int REQUESTS = 7;

  /**
   * After this time no more requests are sent, so that a slow server does not exceed the time limit
   * of the check.
   */
  private static final Duration ENOUGH = Duration.ofSeconds(5);

  /**
   * The number of files that the estimate is for; large enough that the start of a run does not
   * matter.
   */
  private static final int FILES = 10_000;

  /**
   * Round trips for a new small file through a mount, one after another: 200 files took 17.7 s at
   * 50 ms (results.md).
   */
  private static final double MOUNT_ROUND_TRIPS = 1.8;

  /** Files a second that two processors upload, however near the bucket (results.md). */
  private static final double MOST_PER_SECOND = 800;

  /**
   * From here on {@link #FILES} new files through a mount take half an hour, and straight to the
   * bucket the default number of threads does not use the whole network.
   */
  private static final Duration FAR = Duration.ofMillis(100);

  /** Enough for {@link #MOST_PER_SECOND} at a round trip of a second. */
  private static final int MOST_THREADS = 256;

  private ServerChecks() {}

  /** Whether the bucket exists and gives access, by the first request that a backup makes. */
  static void bucket(ExaminedPlace place, Findings found) {
    if (place.bucket.isEmpty()) {
      return;
    }
    BucketPlace bucket = place.bucket.get();
    found.ifSlow(name(bucket) + " gives no answer within " + found.limit, CHECK_NETWORK);
    Optional<Path> passwd = bucket.passwdFile();
    if (passwd.flatMap(PasswdFile::exposure).isPresent()) {
      found.fail(
          "the password file " + passwd.get() + " is open to other users than its owner",
          "chmod 600 " + passwd.get());
      return;
    }
    place.isServerSilent = true;
    try {
      BucketCheck connection = BucketCheck.connect(bucket, ProcessIdentity.read());
      place.connection = Optional.of(connection);
      // The first request also opens the connection: its time is not that of a round trip.
      place.noteAnswer(connection.list(), connection::list);
      place.isStraight = true;
      String from = passwd.map(file -> "in " + file).orElse("that the AWS tools would take");
      found.ok(name(bucket) + " can be listed, with the credentials " + from);
    } catch (IOException e) {
      Optional<Instant> serverTime = BucketCheck.serverTime(e);
      place.noteTime(serverTime, Duration.ZERO);
      // Without a connection there were no credentials, so no request was sent.
      place.isServerSilent = place.connection.isPresent() && serverTime.isEmpty();
      refused(ErrorText.of(e), place, found);
    }
  }

  private static void refused(String message, ExaminedPlace place, Findings found) {
    int prefix = message.indexOf(UNUSABLE);
    String reason = prefix < 0 ? message : message.substring(prefix + UNUSABLE.length());
    Via via = place.options.connection().via();
    if (place.isOnS3fs() && via == Via.AUTO && !place.isServerSilent) {
      found.addMessage(
          Status.WARN,
          "backups go through the mount, since MTB itself is refused: " + reason,
          CHECK_NETWORK);
    } else {
      found.addMessage(Status.FAIL, reason, CHECK_NETWORK);
    }
  }

  static String name(BucketPlace bucket) {
    return bucket.location() + bucket.endpoint().map(url -> " at " + url).orElse("");
  }

  /**
   * Whether the server of a mount answers, if MTB does not talk to the bucket itself. If the server
   * is silent, later checks do not touch the mount: s3fs and the kernel would wait for the server.
   */
  static void server(ExaminedPlace place, Findings found) {
    boolean isNeeded = place.isOnS3fs() && place.request.isEmpty() && !place.isServerSilent;
    Optional<URI> url = place.info.flatMap(PlaceInfo::server);
    if (!isNeeded || url.isEmpty()) {
      return;
    }
    found.ifSlow(
        "the server of the mount gives no answer within " + found.limit,
        "check the network, the server, and the option url= of the mount");
    place.isServerSilent = true;
    try {
      place.noteAnswer(ask(url.get()), () -> ask(url.get()));
      found.ok(url.get() + " answers");
    } catch (IOException | IllegalArgumentException e) {
      place.isServerSilent = false;
      found.warn(
          url.get() + " does not answer MTB: " + ErrorText.of(e),
          "check the network and the server, unless s3fs reaches it by a proxy of its own");
    }
  }

  /** Sends a request without a signature: a refusal is an answer, too. */
  private static BucketCheck.Answer ask(URI url) throws IOException {
    long start = System.nanoTime();
    HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
    connection.setRequestMethod("HEAD");
    connection.setInstanceFollowRedirects(false);
    // No time limits here: the check has one.
    int unused = connection.getResponseCode();
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    long date = connection.getDate();
    return new BucketCheck.Answer(
        took, date == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(date)));
  }

  /** Whether this machine's clock agrees with the server's: signatures depend on it. */
  static void clock(ExaminedPlace place, Findings found) {
    if (place.clockAhead.isEmpty()) {
      if (place.hasServer()) {
        found.notChecked("no server has told its time");
      }
      return;
    }
    Duration ahead = place.clockAhead.get();
    Duration difference = ahead.abs();
    String text =
        "this machine's clock is %s %s the server's"
            .formatted(Format.duration(difference), ahead.isNegative() ? "behind" : "ahead of");
    String remedy = "set it, and keep it set (timedatectl set-ntp true, or chrony)";
    if (difference.compareTo(CLOCK_SUSPECT) <= 0) {
      Duration bound = Duration.ofSeconds(difference.toSeconds() + 1);
      found.ok("within " + Format.duration(bound) + " of the server's");
    } else if (difference.compareTo(CLOCK_REFUSED) <= 0) {
      found.warn(text + "; from 15 minutes on S3 refuses requests", remedy);
    } else if (place.isStraight) {
      found.warn(text + "; this server accepts that, Amazon's would not", remedy);
    } else {
      found.fail(text + ", and S3 refuses requests that are more than 15 minutes off", remedy);
    }
  }

  /** Whether the server can keep two machines from silently overwriting each other's files. */
  static void conflicts(ExaminedPlace place, Findings found) throws IOException {
    if (!place.isStraight || !(place.isWritable || place.readOnly)) {
      if (place.hasServer()) {
        found.notChecked(
            place.isStraight
                ? "nothing can be written"
                : place.location.isPresent()
                    ? "the bucket cannot be used"
                    : "a mount has no conditions for writes");
      }
      return;
    }
    Optional<BucketCheck.Conditions> conditions =
        place
            .connection
            .orElseThrow()
            .conditions(StateDirectory.ofCatalogs(place.options), !place.readOnly);
    if (conditions.isEmpty()) {
      found.notChecked("--read-only, and no backup has found it out yet");
      return;
    }
    boolean ofFiles = conditions.get().ofFiles();
    boolean ofParts = conditions.get().ofParts();
    if (ofFiles && ofParts) {
      found.ok(
          "what another machine writes during a run is not overwritten (If-Match is honoured)");
    } else {
      found.ok(
          (ofFiles ? "of large files, w" : "w")
              + "hat another machine writes to the same name during a run is overwritten: this"
              + " server ignores If-Match"
              + (ofFiles ? " there" : "")
              + "; give each machine a prefix of its own");
    }
  }

  /** How far away the server is, and what that means for a backup. */
  static void roundTrip(ExaminedPlace place, Findings found) throws IOException {
    if (place.request.isEmpty()) {
      if (place.hasServer()) {
        found.notChecked("no server has answered");
      }
      return;
    }
    List<Duration> times = new ArrayList<>();
    long start = System.nanoTime();
    do {
      times.add(place.request.get().get().took());
    } while (times.size() < REQUESTS && System.nanoTime() - start < ENOUGH.toNanos());
    judge(times, place.options.concurrency().mostThreads(), place.isStraight, found);
  }

  /**
   * Judges the times of some requests.
   *
   * @param times is sorted here
   * @param isStraight whether a backup does not use the mount
   */
  static void judge(List<Duration> times, int threads, boolean isStraight, Findings found) {
    Collections.sort(times);
    Duration median = times.get(times.size() / 2);
    double seconds = median.toNanos() / 1e9;
    double each =
        isStraight ? Math.max(seconds / threads, 1 / MOST_PER_SECOND) : seconds * MOUNT_ROUND_TRIPS;
    String text =
        String.format(
            "%s (median of %d, %s to %s): %,d new small files take about %s %s",
            Format.duration(median),
            times.size(),
            Format.duration(times.get(0)),
            Format.duration(times.get(times.size() - 1)),
            FILES,
            // In whole seconds, since it is an estimate.
            Format.duration(Duration.ofSeconds(Math.max(1, Math.round(each * FILES)))),
            isStraight
                ? "with up to " + threads + " threads"
                : "through the mount, whatever the threads");
    boolean isNear = median.compareTo(FAR) < 0;
    if (isStraight) {
      int wanted = Math.min(MOST_THREADS, roundUp(seconds * MOST_PER_SECOND));
      found.okIf(
          isNear || threads >= wanted,
          text,
          "more requests at a time make up for the distance: --threads " + wanted);
    } else {
      found.okIf(
          isNear,
          text,
          "let MTB go straight to the bucket, which takes as many files at a time as it is given;"
              + " or run it nearer to the bucket");
    }
  }

  /** Rounds up to a power of two, the usual numbers of threads. */
  private static int roundUp(double threads) {
    int rounded = 1;
    while (rounded < threads && rounded < MOST_THREADS) {
      rounded *= 2;
    }
    return rounded;
  }
}
