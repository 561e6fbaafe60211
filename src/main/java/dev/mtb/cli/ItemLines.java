package dev.mtb.cli;

import dev.mtb.Action;
import dev.mtb.BackupListener;
import dev.mtb.Kind;
import dev.mtb.Metadata;
import dev.mtb.Reason;
import java.io.PrintStream;
import java.nio.file.Path;

/** A line for each thing that is, or would be, changed: {@code reason: path}. */
final class ItemLines implements BackupListener {
  private final PrintStream out;

  ItemLines(PrintStream out) {
    this.out = out;
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (action != Action.NONE) {
      String slash = source.kind() == Kind.DIRECTORY ? "/" : "";
      out.println(reason + ": " + Text.path(path) + slash);
    }
  }
}
