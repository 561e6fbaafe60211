package dev.mtb.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** Writes the state file that says which conditions of writes a server honours. */
public final class WriteConditionsAnswer {
  private WriteConditionsAnswer() {}

  /**
   * Writes that a server honours the conditions of a PUT, so that a run whose requests are counted
   * does not ask.
   */
  public static void remember(Path stateDirectory, String endpoint) throws IOException {
    Files.createDirectories(stateDirectory);
    String day = LocalDate.now(ZoneOffset.UTC).toString();
    Files.write(
        stateDirectory.resolve("s3-conditions"),
        List.of(endpoint + " of_new honoured " + day, endpoint + " of_changed honoured " + day));
  }
}
