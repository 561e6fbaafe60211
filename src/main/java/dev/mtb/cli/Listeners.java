package dev.mtb.cli;

import com.google.common.collect.ImmutableList;
import dev.mtb.job.Activity;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Several listeners as one; they are told of options by the names that a user types. */
record Listeners(ImmutableList<BackupListener> all) implements BackupListener {
  static BackupListener all(BackupListener... listeners) {
    return new Listeners(ImmutableList.copyOf(listeners));
  }

  @Override
  public void begun(Supplier<Totals> totals) {
    for (BackupListener listener : all) {
      listener.begun(totals);
    }
  }

  @Override
  public void busy(Activity activity, Path path) {
    for (BackupListener listener : all) {
      listener.busy(activity, path);
    }
  }

  @Override
  public void idle() {
    for (BackupListener listener : all) {
      listener.idle();
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    for (BackupListener listener : all) {
      listener.decided(path, source, action, reason);
    }
  }

  @Override
  public void copying(Path path, Metadata source, Action action) {
    for (BackupListener listener : all) {
      listener.copying(path, source, action);
    }
  }

  @Override
  public void copied(Path path, Metadata source) {
    for (BackupListener listener : all) {
      listener.copied(path, source);
    }
  }

  @Override
  public void bytesWritten(long count) {
    for (BackupListener listener : all) {
      listener.bytesWritten(count);
    }
  }

  @Override
  public void skipped(Path path, String why) {
    for (BackupListener listener : all) {
      listener.skipped(path, OptionNames.inFlags(why));
    }
  }

  @Override
  public void leftAlone(Path path, String why) {
    for (BackupListener listener : all) {
      listener.leftAlone(path, OptionNames.inFlags(why));
    }
  }

  @Override
  public void deleted(Path path, Kind kind) {
    for (BackupListener listener : all) {
      listener.deleted(path, kind);
    }
  }

  @Override
  public void failed(Failure failure) {
    Failure shown = OptionNames.inFlags(failure);
    for (BackupListener listener : all) {
      listener.failed(shown);
    }
  }
}
