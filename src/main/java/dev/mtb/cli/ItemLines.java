package dev.mtb.cli;

import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * A line for each thing that is changed, while the run goes on: {@code reason: path}, and {@code
 * deleting path} for each that is deleted.
 */
final class ItemLines implements ResultLines {
  private final PrintStream out;

  ItemLines(PrintStream out) {
    this.out = out;
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    // A deletion that is decided may still fail.
    if (action != Action.NONE && action != Action.DELETE) {
      out.println(line(path, source.kind(), action, reason));
    }
  }

  @Override
  public void deleted(Path path, Kind kind) {
    out.println(line(path, kind, Action.DELETE, Reason.NOT_IN_SOURCE));
  }

  static String line(Path path, Kind kind, Action action, Reason reason) {
    return (action == Action.DELETE ? "deleting " : reason + ": ") + Text.path(path, kind);
  }
}
