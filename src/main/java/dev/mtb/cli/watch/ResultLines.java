package dev.mtb.cli.watch;

import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupListener;
import dev.mtb.model.Action;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** Lines of results on standard output. */
public interface ResultLines extends BackupListener {
  ResultLines NONE = new ResultLines() {};

  /** Prints what was held back. Called after the run. */
  default void finish() {}

  /** The line for a thing that is changed: {@code reason: path} or {@code deleting path}. */
  private static String line(Path path, Kind kind, Action action, Reason reason) {
    return (action == Action.DELETE ? "deleting " : reason + ": ") + Text.path(path, kind);
  }

  /** The lines while the run goes on. */
  record Items(PrintStream out) implements ResultLines {
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
  }

  /**
   * The lines for what would be changed, after the run and sorted by path: two dry runs can be
   * compared, and a directory stands before what is in it. Thread-safe.
   */
  final class DryRun implements ResultLines {
    /** Some 30 MB of memory; a dry run of more files sorts in temporary files. */
    private static final int LINES_IN_MEMORY = 100_000;

    private final PrintStream out;
    private final PrintStream err;
    private final SortedLines sorted = new SortedLines(LINES_IN_MEMORY);
    private boolean isSorting = true;

    public DryRun(PrintStream out, PrintStream err) {
      this.out = out;
      this.err = err;
    }

    @Override
    public synchronized void decided(Path path, Metadata source, Action action, Reason reason) {
      if (action == Action.NONE) {
        return;
      }
      String line = line(path, source.kind(), action, reason);
      if (!isSorting) {
        out.println(line);
        return;
      }
      try {
        sorted.add(key(path, source.kind()), line);
      } catch (IOException e) {
        isSorting = false;
        unsorted(e);
      }
    }

    /** A directory sorts before what is in it, and that before all other names. */
    private static String key(Path path, Kind kind) {
      String name = path.toString().isEmpty() ? "" : Text.path(path);
      return (kind == Kind.DIRECTORY ? name + "/" : name).replace('/', '\0');
    }

    @Override
    public synchronized void finish() {
      try (sorted) {
        sorted.forEach(out::println);
      } catch (IOException e) {
        unsorted(e);
      }
    }

    private void unsorted(IOException e) {
      err.println(
          String.format(
              "mtb: the lines of this dry run cannot all be sorted, and come in any order: a"
                  + " temporary file in %s cannot be used: %s",
              System.getProperty("java.io.tmpdir"), Text.printable(ErrorText.of(e))));
    }
  }
}
