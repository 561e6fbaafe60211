package dev.mtb.cli;

import com.google.common.collect.ImmutableList;
import dev.mtb.Action;
import dev.mtb.BackupListener;
import dev.mtb.Failure;
import dev.mtb.Metadata;
import dev.mtb.Reason;
import java.nio.file.Path;

/** Several listeners as one. */
record Listeners(ImmutableList<BackupListener> all) implements BackupListener {
  static BackupListener all(BackupListener... listeners) {
    return new Listeners(ImmutableList.copyOf(listeners));
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    all.forEach(l -> l.decided(path, source, action, reason));
  }

  @Override
  public void copying(Path path, Metadata source, Action action) {
    all.forEach(l -> l.copying(path, source, action));
  }

  @Override
  public void copied(Path path, Metadata source) {
    all.forEach(l -> l.copied(path, source));
  }

  @Override
  public void bytesWritten(long count) {
    all.forEach(l -> l.bytesWritten(count));
  }

  @Override
  public void skipped(Path path, String why) {
    all.forEach(l -> l.skipped(path, why));
  }

  @Override
  public void failed(Failure failure) {
    all.forEach(l -> l.failed(failure));
  }
}
