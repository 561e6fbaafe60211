package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import dev.mtb.compare.Decision;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * The sink of a verification: every difference is a failure, and so is what only the backup has, if
 * that is asked for. Thread-safe.
 */
final class VerifySink implements Sink {
  private final Tally tally;
  private final boolean isStrict;
  private final Queue<FileWork> directoriesInPlace = new ConcurrentLinkedQueue<>();

  /**
   * Reports to a tally.
   *
   * @param isStrict whether what only the backup has is a failure
   */
  VerifySink(Tally tally, boolean isStrict) {
    this.tally = tally;
    this.isStrict = isStrict;
  }

  @Override
  public Failure.Stage stage() {
    return Failure.Stage.VERIFY;
  }

  @Override
  public Set<Attribute> makeDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing, Decision decision) {
    report(directory.target, words(decision));
    return ImmutableSet.of();
  }

  @Override
  public void file(FileWork work, Decision decision) {
    report(work.target(), words(decision));
    if (work.existing().map(there -> there.kind() == Kind.DIRECTORY).orElse(false)) {
      directoriesInPlace.add(work);
    }
  }

  @Override
  public List<FileWork> waiting() {
    return List.copyOf(directoriesInPlace);
  }

  @Override
  public boolean deletes() {
    return false;
  }

  @Override
  public void extra(Path target, Kind kind) {
    tally.extra(target, kind);
    if (isStrict) {
      report(target, Reason.NOT_IN_SOURCE.toString());
    }
  }

  @Override
  public void setDirectoryMetadata(Path target, Metadata source, Set<Attribute> attributes) {
    report(target, words(attributes));
  }

  private void report(Path target, String difference) {
    tally.failed(new Failure(target, Failure.Stage.VERIFY, difference, Failure.Cause.ERROR));
  }

  private static String words(Decision decision) {
    if (decision.action() == Action.UPDATE_METADATA) {
      return words(decision.attributes());
    }
    return decision.reason() == Reason.NEW ? "missing" : decision.reason().toString();
  }

  private static String words(Set<Attribute> attributes) {
    return attributes.stream()
        .map(attribute -> attribute.name().toLowerCase(Locale.ROOT) + " differs")
        .collect(Collectors.joining(", "));
  }
}
