package dev.mtb.doctor;

import dev.mtb.model.ErrorText;
import dev.mtb.state.StateDirectory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;

/** Whether MTB can remember something from run to run. */
final class StateCheck implements Check {
  private static final String REMEDY =
      "let this user write there, or set MTB_STATE_DIR to a folder that lasts from run to run";

  @Override
  public String what() {
    return "state";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    Path state = StateDirectory.of(patient.options).toAbsolutePath();
    try {
      boolean isThere = Files.exists(state);
      tryOut(state, isThere && !patient.readOnly);
      if (isThere && StateDirectory.isOpenToOthers(state)) {
        return List.of(
            Finding.warn(
                what(),
                state
                    + " is open to other users, who see what is backed up there, and with the right"
                    + " to write can keep backups from starting",
                "chmod 700 " + state + ", unless users share it on purpose"));
      }
      return List.of(
          Finding.ok(
              what(), state + (isThere ? " can be written to" : " will be made by the first run")));
    } catch (IOException e) {
      String text = state + " cannot be written to (" + ErrorText.of(e) + "), and ";
      // On a mount a backup refuses to run without; elsewhere it goes on, with a warning.
      return List.of(
          patient.isOnS3fs()
              ? Finding.fail(
                  what(), text + "MTB must remember there which folders are mounts", REMEDY)
              : Finding.warn(
                  what(),
                  text
                      + "without it two backups at once are not noticed, and nothing is remembered",
                  REMEDY));
    }
  }

  private static void tryOut(Path state, boolean byWriting) throws IOException {
    Path existing = state;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    if (!Files.isDirectory(existing)) {
      throw new NotDirectoryException(existing.toString());
    }
    if (byWriting) {
      Files.delete(Files.createTempFile(state, "doctor", ".tmp"));
    } else if (!Files.isWritable(existing)) {
      throw new AccessDeniedException(existing.toString());
    }
  }
}
