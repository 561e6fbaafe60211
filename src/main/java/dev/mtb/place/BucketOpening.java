package dev.mtb.place;

import dev.mtb.options.Via;
import dev.mtb.store.DestinationException;
import dev.mtb.store.bucket.BucketPlace;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a place in a bucket. If a library is missing or a setting is wrong, the failure names the
 * place.
 */
final class BucketOpening {
  private static final Logger log = LoggerFactory.getLogger(BucketOpening.class);

  private BucketOpening() {}

  /** Opens a place, to read or to write. */
  interface Opener<T> {
    T open(BucketPlace place) throws IOException;
  }

  /**
   * Opens a place that was named as one in a bucket.
   *
   * @param what the place is, in messages, such as {@code the destination}
   */
  static <T> T open(String what, BucketPlace place, Opener<T> opener) throws DestinationException {
    String name = place.location().toString();
    try {
      return opener.open(place);
    } catch (DestinationException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Checks of names, URLs and files of settings.
      throw new DestinationException(what + " " + name + " cannot be used: " + e.getMessage(), e);
    } catch (NoClassDefFoundError e) {
      throw new DestinationException(
          what
              + " "
              + name
              + " needs a library that is not on the class path ("
              + e.getMessage()
              + "): add org.apache.httpcomponents.client5:httpclient5, and"
              + " software.amazon.awssdk:auth if the environment does not hold the credentials",
          e);
    }
  }

  /**
   * Opens the bucket behind a mount, if the options allow it and MTB understands all options of the
   * mount.
   *
   * @param done what is to be done with it, for messages
   * @return empty to go through the mount
   */
  static <T> Optional<T> openBehind(Place.Mounted mounted, Via via, String done, Opener<T> opener)
      throws DestinationException {
    if (via == Via.MOUNT) {
      return Optional.empty();
    }
    String obstacle;
    try {
      MountedBucket.Finding finding = mounted.bucket();
      obstacle = finding.obstacle();
      if (finding.place().isPresent()) {
        return Optional.of(opener.open(finding.place().get()));
      }
    } catch (NoClassDefFoundError e) {
      obstacle = "org.apache.httpcomponents.client5:httpclient5 is not on the class path";
    } catch (IOException | RuntimeException e) {
      // The run can go through the mount.
      obstacle = String.valueOf(e.getMessage());
    }
    if (via == Via.BUCKET) {
      throw new DestinationException(
          "the bucket behind the mount "
              + mounted.mount().point()
              + " cannot be "
              + done
              + " directly: "
              + obstacle
              + "; run without Via.BUCKET");
    }
    log.warn(
        "going through the mount {}, not straight to its bucket: {}",
        mounted.mount().point(),
        obstacle);
    return Optional.empty();
  }
}
