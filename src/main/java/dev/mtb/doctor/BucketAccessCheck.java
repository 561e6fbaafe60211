package dev.mtb.doctor;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.options.Via;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.bucket.BucketCheck;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.bucket.PasswdFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Whether the bucket is there and lets us in, by the first request that a backup makes. */
final class BucketAccessCheck implements Check {
  private static final String UNUSABLE = " cannot be used: ";

  private static final String CHECK_NETWORK =
      "check the network, the server, and the URL that it is asked by (--endpoint-url, or url= of"
          + " the mount)";

  @Override
  public String what() {
    return "bucket";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    if (patient.place.isEmpty()) {
      return List.of();
    }
    BucketPlace place = patient.place.get();
    Optional<Path> passwd = place.passwdFile();
    if (passwd.flatMap(PasswdFile::exposure).isPresent()) {
      return List.of(
          Finding.fail(
              what(),
              "the password file " + passwd.get() + " is open to other users than its owner",
              "chmod 600 " + passwd.get()));
    }
    try {
      BucketCheck bucket = BucketCheck.connect(place, ProcessIdentity.read());
      patient.connection = Optional.of(bucket);
      // The first request makes a connection, too, and says nothing of the distance.
      BucketCheck.Answer answer = bucket.list();
      patient.noteTime(answer.serverTime(), answer.took());
      patient.asking = Optional.of(bucket::list);
      patient.bucket = Optional.of(bucket);
      return List.of(
          Finding.ok(
              what(),
              WayCheck.name(place)
                  + " can be listed, with the credentials "
                  + place
                      .passwdFile()
                      .map(file -> "in " + file)
                      .orElse("that the AWS tools would take")));
    } catch (IOException e) {
      Optional<Instant> serverTime = BucketCheck.serverTime(e);
      patient.noteTime(serverTime, Duration.ZERO);
      // It was asked, unless there were no credentials to ask with.
      patient.isServerSilent = patient.connection.isPresent() && serverTime.isEmpty();
      return List.of(refused(e, patient));
    }
  }

  private Finding refused(IOException e, ExaminedPlace patient) {
    String message = ErrorText.of(e);
    int prefix = message.indexOf(UNUSABLE);
    String reason = prefix < 0 ? message : message.substring(prefix + UNUSABLE.length());
    boolean isThroughMount =
        patient.isOnS3fs()
            && patient.options.connection().via() == Via.AUTO
            && !patient.isServerSilent;
    return isThroughMount
        ? Finding.of(
            Finding.Status.WARN,
            what(),
            "backups go through the mount, since MTB itself is refused: " + reason,
            CHECK_NETWORK)
        : Finding.of(Finding.Status.FAIL, what(), reason, CHECK_NETWORK);
  }

  @Override
  public Finding givenUp(ExaminedPlace patient, Duration limit) {
    patient.isServerSilent = true;
    return Finding.fail(
        what(),
        patient.place.map(WayCheck::name).orElse("it")
            + " gives no answer within "
            + Format.duration(limit),
        CHECK_NETWORK);
  }
}
