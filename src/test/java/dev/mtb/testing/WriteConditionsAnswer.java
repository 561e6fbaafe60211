package dev.mtb.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** The memory of a run that has asked a server which conditions of writes it honours. */
public final class WriteConditionsAnswer {
  private WriteConditionsAnswer() {}

  /** Remembers that a server honours those of a PUT, so that a run that is counted need not ask. */
  public static void remember(Path stateDirectory, String endpoint) throws IOException {
    Files.createDirectories(stateDirectory);
    String day = LocalDate.now(ZoneOffset.UTC).toString();
    Files.write(
        stateDirectory.resolve("s3-conditions"),
        List.of(endpoint + " of_new honoured " + day, endpoint + " of_changed honoured " + day));
  }
}
