package dev.mtb.engine;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.mtb.compare.Decision;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.NameRules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.io.function.IORunnable;

/** The sink of a dry run: counts what a backup would do. Thread-safe. */
final class DryRunSink implements Sink {
  private final Tally tally;
  private final NameRules names;

  /**
   * Counts for a destination.
   *
   * @param names what the destination refuses without a write
   */
  DryRunSink(Tally tally, NameRules names) {
    this.tally = tally;
    this.names = names;
  }

  @Override
  public Failure.Stage stage() {
    return Failure.Stage.COPY;
  }

  @Override
  public Set<Attribute> makeDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing, Decision decision)
      throws IOException {
    names.check(directory.target);
    tally.directoryCreated();
    return ImmutableSet.of();
  }

  @Override
  public IORunnable prepare(FileWork work, Decision decision) throws IOException {
    names.check(work.target());
    return Sink.super.prepare(work, decision);
  }

  @Override
  public void file(FileWork work, Decision decision) {
    tally.wouldCopy(work.metadata(), decision.action() != Action.UPDATE_METADATA);
  }

  @Override
  public void replaceDirectory(FileWork work, IORunnable deletion) throws IOException {
    deletion.run();
    file(work, work.decision());
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) {
    toDelete.values().forEach(tally::wouldDelete);
    return ImmutableMap.of();
  }

  @Override
  public void setDirectoryMetadata(Path target, Metadata source, Set<Attribute> attributes) {}
}
