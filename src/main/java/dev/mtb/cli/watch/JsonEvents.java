package dev.mtb.cli.watch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.cli.report.JsonReport;
import dev.mtb.cli.report.ReportFile;
import dev.mtb.cli.text.JsonText;
import dev.mtb.cli.text.Text;
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

/**
 * Events of a run, one JSON object a line. The names of fields are a promise to other programs
 * (json-events.md). Thread-safe.
 *
 * <p>A line is written whole, and at once. When the reader has closed its end, no more is written;
 * the backup goes on.
 */
public final class JsonEvents implements ResultLines {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final PrintStream out;
  private final PrintStream err;
  private final Clock clock;
  private boolean isBroken;

  public JsonEvents(PrintStream out, PrintStream err, Clock clock) {
    this.out = out;
    this.err = err;
    this.clock = clock;
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (action != Action.NONE) {
      write(
          event("planned", path, source)
              .put("action", Text.lower(action))
              .put("reason", Text.lower(reason)));
    }
  }

  @Override
  public void copying(Path path, Metadata source, Action action) {
    write(event("started", path, source).put("action", Text.lower(action)));
  }

  @Override
  public void copied(Path path, Metadata source) {
    write(event("copied", path, source));
  }

  @Override
  public void skipped(Path path, String why) {
    write(event("skipped", path).put("reason", JsonText.message(why)));
  }

  @Override
  public void kept(Path path, String why) {
    skipped(path, why);
  }

  @Override
  public void deleted(Path path, Kind kind) {
    write(event("deleted", path).put("kind", Text.lower(kind)));
  }

  @Override
  public void failed(Failure failure) {
    write(
        event("failed", failure.path())
            .put("stage", Text.lower(failure.stage()))
            .put("error", JsonText.message(failure.error()))
            .put("cause", Text.lower(failure.cause())));
  }

  /**
   * Writes the last line.
   *
   * @param code the exit code so far
   * @return the exit code, which is not 0 if an event could not be written
   */
  public int summary(BackupReport report, String destination, int code) {
    ObjectNode event = event("summary");
    event.set("report", JsonReport.node(report, destination));
    write(event);
    synchronized (this) {
      return isBroken && code == 0 ? ReportFile.EXIT_WITHOUT_REPORT : code;
    }
  }

  private ObjectNode event(String name) {
    return MAPPER
        .createObjectNode()
        .put("event", name)
        .put("time", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
  }

  private ObjectNode event(String name, Path path) {
    String text = PathBytes.toText(path);
    ObjectNode event = event(name).put("path", JsonText.readable(text));
    return JsonText.isUnicode(text)
        ? event
        : event.put("pathBase64", Base64.getEncoder().encodeToString(PathBytes.of(path)));
  }

  private ObjectNode event(String name, Path path, Metadata source) {
    ObjectNode event = event(name, path).put("kind", Text.lower(source.kind()));
    return source.kind() == Kind.FILE ? event.put("size", source.size()) : event;
  }

  private void write(ObjectNode event) {
    byte[] line;
    try {
      String json = JsonText.escaped(MAPPER.writeValueAsString(event));
      // JSON is UTF-8 in any locale.
      line = (json + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
    synchronized (this) {
      if (isBroken) {
        return;
      }
      out.write(line, 0, line.length);
      // This also flushes.
      isBroken = out.checkError();
      if (isBroken) {
        err.println(
            "mtb: standard output is closed or full: no more events are written to it; the backup"
                + " goes on");
      }
    }
  }
}
