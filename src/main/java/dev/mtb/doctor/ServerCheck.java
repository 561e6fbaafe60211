package dev.mtb.doctor;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.place.PlaceInfo;
import dev.mtb.store.bucket.BucketCheck;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Whether the server answers at all, where MTB does not go to the bucket itself: nothing on a mount
 * is touched whose server is silent, since s3fs would wait, and the kernel with it.
 */
final class ServerCheck implements Check {
  @Override
  public String what() {
    return "server";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    boolean isNeeded = patient.isOnS3fs() && patient.asking.isEmpty() && !patient.isServerSilent;
    Optional<URI> url = patient.whereabouts.flatMap(PlaceInfo::server);
    if (!isNeeded || url.isEmpty()) {
      return List.of();
    }
    try {
      BucketCheck.Answer answer = ask(url.get());
      patient.noteTime(answer.serverTime(), answer.took());
      patient.asking = Optional.of(() -> ask(url.get()));
      return List.of(Finding.ok(what(), url.get() + " answers"));
    } catch (IOException | IllegalArgumentException e) {
      return List.of(
          Finding.warn(
              what(),
              url.get() + " does not answer MTB: " + ErrorText.of(e),
              "check the network and the server, unless s3fs reaches it by a proxy of its own"));
    }
  }

  /** A request without a signature: whatever the answer, it is one. */
  private static BucketCheck.Answer ask(URI url) throws IOException {
    long start = System.nanoTime();
    HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
    connection.setRequestMethod("HEAD");
    connection.setInstanceFollowRedirects(false);
    // No time limits here: the caller has one.
    int unused = connection.getResponseCode();
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    long date = connection.getDate();
    return new BucketCheck.Answer(
        took, date == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(date)));
  }

  @Override
  public Finding givenUp(ExaminedPlace patient, Duration limit) {
    patient.isServerSilent = true;
    return Finding.fail(
        what(),
        "the server of the mount gives no answer within " + Format.duration(limit),
        "check the network, the server, and the option url= of the mount");
  }
}
