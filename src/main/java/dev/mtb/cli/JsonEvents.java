package dev.mtb.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.model.Reason;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Locale;

/**
 * What happens, one JSON object a line, as it happens; the names of fields are a promise to other
 * programs (json-events.md). Thread-safe.
 *
 * <p>A line is written whole, and at once. When the reader has closed its end, no more is written;
 * the backup goes on.
 */
final class JsonEvents implements ResultLines {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** As without a report: something that was asked for is not there. */
  private static final int EXIT_WITHOUT_SUMMARY = 23;

  private final PrintStream out;
  private final PrintStream err;
  private final Clock clock;
  private boolean isBroken;

  JsonEvents(PrintStream out, PrintStream err, Clock clock) {
    this.out = out;
    this.err = err;
    this.clock = clock;
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (action != Action.NONE) {
      write(
          about(path, source, event("planned"))
              .put("action", name(action))
              .put("reason", name(reason)));
    }
  }

  @Override
  public void copying(Path path, Metadata source, Action action) {
    write(about(path, source, event("started")).put("action", name(action)));
  }

  @Override
  public void copied(Path path, Metadata source) {
    write(about(path, source, event("copied")));
  }

  @Override
  public void skipped(Path path, String why) {
    write(about(path, event("skipped")).put("reason", JsonReport.readable(why)));
  }

  @Override
  public void leftAlone(Path path, String why) {
    write(about(path, event("skipped")).put("reason", JsonReport.readable(why)));
  }

  @Override
  public void deleted(Path path, Kind kind) {
    write(about(path, event("deleted")).put("kind", name(kind)));
  }

  @Override
  public void failed(Failure failure) {
    write(
        about(failure.path(), event("failed"))
            .put("stage", name(failure.stage()))
            .put("error", JsonReport.readable(failure.error()))
            .put("cause", name(failure.cause())));
  }

  /**
   * Writes the last line.
   *
   * @param code how the command would exit without it
   * @return how it exits
   */
  int summary(BackupReport report, String destination, int code) {
    ObjectNode event = event("summary");
    event.set("report", JsonReport.node(report, destination));
    write(event);
    synchronized (this) {
      return isBroken && code == 0 ? EXIT_WITHOUT_SUMMARY : code;
    }
  }

  private ObjectNode event(String name) {
    return MAPPER
        .createObjectNode()
        .put("event", name)
        .put("time", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
  }

  private static ObjectNode about(Path path, ObjectNode event) {
    String text = PathBytes.toText(path);
    event.put("path", JsonReport.readable(text));
    if (!JsonReport.isUnicode(text)) {
      event.put("pathBase64", Base64.getEncoder().encodeToString(PathBytes.of(path)));
    }
    return event;
  }

  private static ObjectNode about(Path path, Metadata source, ObjectNode event) {
    about(path, event).put("kind", name(source.kind()));
    return source.kind() == Kind.FILE ? event.put("size", source.size()) : event;
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private void write(ObjectNode event) {
    byte[] line;
    try {
      // In UTF-8, as JSON has to be, in whatever locale this runs.
      line =
          (JsonReport.escaped(MAPPER.writeValueAsString(event)) + "\n")
              .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
    synchronized (this) {
      if (isBroken) {
        return;
      }
      out.write(line, 0, line.length);
      // Flushes, too.
      isBroken = out.checkError();
      if (isBroken) {
        err.println(
            "mtb: standard output is closed or full: no more events are written to it; the backup"
                + " goes on");
      }
    }
  }
}
