package dev.mtb.cli.watch;

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

/** Several listeners as one. */
public record Listeners(ImmutableList<BackupListener> all) implements BackupListener {
  @Override
  public void begun(Supplier<Totals> totals) {
    all.forEach(listener -> listener.begun(totals));
  }

  @Override
  public void busy(Activity activity, Path path) {
    all.forEach(listener -> listener.busy(activity, path));
  }

  @Override
  public void idle() {
    all.forEach(BackupListener::idle);
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    all.forEach(listener -> listener.decided(path, source, action, reason));
  }

  @Override
  public void copying(Path path, Metadata source, Action action) {
    all.forEach(listener -> listener.copying(path, source, action));
  }

  @Override
  public void copied(Path path, Metadata source) {
    all.forEach(listener -> listener.copied(path, source));
  }

  @Override
  public void bytesWritten(long count) {
    all.forEach(listener -> listener.bytesWritten(count));
  }

  @Override
  public void skipped(Path path, String why) {
    all.forEach(listener -> listener.skipped(path, why));
  }

  @Override
  public void kept(Path path, String why) {
    all.forEach(listener -> listener.kept(path, why));
  }

  @Override
  public void deleted(Path path, Kind kind) {
    all.forEach(listener -> listener.deleted(path, kind));
  }

  @Override
  public void failed(Failure failure) {
    all.forEach(listener -> listener.failed(failure));
  }
}
