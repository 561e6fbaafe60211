package dev.mtb.doctor;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.place.PlaceInfo;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Whether the destination is a folder, or can be made. */
final class FolderCheck implements Check {
  @Override
  public String what() {
    return "folder";
  }

  @Override
  public String obstacle(ExaminedPlace patient) {
    return patient.folder.isPresent() ? patient.obstacleToTouching() : "";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) throws IOException {
    if (patient.folder.isEmpty()) {
      return List.of();
    }
    Path folder = patient.folder.get();
    Path existing = folder;
    int missing = 0;
    while (existing.getParent() != null && !exists(existing)) {
      existing = existing.getParent();
      missing++;
    }
    boolean isOnS3fs = patient.whereabouts.map(PlaceInfo::isOnS3fs).orElse(false);
    Finding finding;
    if (Metadata.following(existing).kind() != Kind.DIRECTORY) {
      finding = Finding.fail(what(), existing + " is a file", "give another destination");
    } else if (missing > 1 && !isOnS3fs) {
      finding =
          Finding.fail(
              what(),
              folder + " does not exist, nor does " + folder.getParent(),
              "make it first (mkdir -p " + folder + "), if it is the right place");
    } else {
      patient.isFolderGood = true;
      finding =
          Finding.ok(
              what(),
              folder + (missing == 0 ? " is there" : " is not there yet, and a backup makes it"));
    }
    return List.of(finding);
  }

  private static boolean exists(Path path) throws IOException {
    try {
      Metadata.following(path);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
