package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.copy.Copied;
import dev.mtb.copy.Copier;
import dev.mtb.copy.StoppedException;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.AttributesException;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Retry;
import dev.mtb.store.Store;
import dev.mtb.store.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The check of copies: reads each copy back from the destination, and compares it with what was
 * read from the source. Thread-safe.
 *
 * <p>A wrong copy has the size and mtime of its source, so that the next run would take it for
 * unchanged. So it is marked first, and the next run copies it again in any case.
 */
final class ReadBack {
  private static final Logger log = LoggerFactory.getLogger(ReadBack.class);

  /** The kernel may show the old mtime of a file on S3FS for one second. */
  private static final Duration ATTRIBUTES_KEPT = Duration.ofMillis(1100);

  private final Store destination;
  private final Copier copier;
  private final Comparison comparison;
  private final Retry.Pause pause;

  /** Checks the copies of a copier. */
  ReadBack(Store destination, Copier copier, Comparison comparison, Retry.Pause pause) {
    this.destination = destination;
    this.copier = copier;
    this.comparison = comparison;
    this.pause = pause;
  }

  /**
   * Checks that the backup holds what was copied; if not, copies it once more.
   *
   * @return the copy that is in the backup
   * @throws WrongCopyException if the backup does not hold it, or if the copy cannot be read back
   */
  Copied prove(FileWork work, Copied copied) throws IOException {
    Path target = work.target();
    Optional<String> wrong = difference(target, copied);
    if (wrong.isEmpty()) {
      return copied;
    }
    log.warn("{}: {}; copying it again", PathBytes.toText(target), wrong.get());
    Optional<String> unmarked = mark(target, copied);
    Copied again = copied;
    try {
      again = copier.copy(work.entry(), target, destination.stat(target));
      wrong = difference(target, again);
      if (wrong.isEmpty()) {
        return again;
      }
      unmarked = mark(target, again);
    } catch (DestinationException | StoppedException e) {
      throw e;
    } catch (IOException e) {
      // It does not matter whether source or destination failed: the backup still has the wrong
      // copy.
      wrong = Optional.of(wrong.get() + "; copying it again failed: " + ErrorText.of(e));
      unmarked = unmarked.isPresent() ? mark(target, again) : unmarked;
    }
    throw new WrongCopyException(
        "the copy in the backup is wrong: "
            + wrong.get()
            + (unmarked.isEmpty()
                ? "; it is marked, and the next run copies it again"
                : "; it could not be marked ("
                    + unmarked.get()
                    + "), so delete it there, or run with CompareMode.ALWAYS"));
  }

  /** What is wrong with a copy; empty if nothing is. */
  private Optional<String> difference(Path target, Copied copied) throws IOException {
    try {
      return copied.metadata().kind() == Kind.LINK
          ? linkDifference(target, copied)
          : fileDifference(target, copied);
    } catch (DestinationException e) {
      throw e;
    } catch (StoppedException e) {
      log.warn("{} was copied and not read back: stopped", PathBytes.toText(target));
      throw e;
    } catch (IOException e) {
      return Optional.of("it cannot be read back: " + ErrorText.of(e));
    }
  }

  private Optional<String> linkDifference(Path target, Copied copied) throws IOException {
    byte[] there = PathBytes.of(destination.readLink(target));
    return Arrays.equals(there, PathBytes.of(copied.target().orElseThrow()))
        ? Optional.empty()
        : Optional.of("the link leads elsewhere than its source");
  }

  private Optional<String> fileDifference(Path target, Copied copied) throws IOException {
    Copier.Digested content;
    Optional<Metadata> metadata;
    try (StoredFile file = destination.readBack(target)) {
      metadata = file.metadata();
      content = copier.digest(file.content());
    }
    long size = copied.metadata().size();
    if (content.size() != size) {
      return Optional.of("it has " + content.size() + " bytes, and " + size + " were copied");
    }
    String digest = copied.digest().orElseThrow();
    if (!content.digest().equals(digest)) {
      return Optional.of(
          "its digest is " + content.digest() + ", and that of what was read " + digest);
    }
    Optional<String> difference = metadata.flatMap(there -> words(copied, there));
    if (difference.isEmpty()) {
      return difference;
    }
    pause.pause(ATTRIBUTES_KEPT);
    return destination.stat(target).flatMap(there -> words(copied, there));
  }

  private Optional<String> words(Copied copied, Metadata there) {
    Decision decision = comparison.sameContent(copied.metadata(), there);
    // Attributes that the destination cannot keep are reported elsewhere. To copy again would not
    // help.
    ImmutableSet<Attribute> unset =
        copied.unset().map(AttributesException::attributes).orElse(ImmutableSet.of());
    boolean isAsSet =
        decision.action() == Action.NONE
            || (decision.action() == Action.UPDATE_METADATA
                && unset.containsAll(decision.attributes()));
    return isAsSet
        ? Optional.empty()
        : Optional.of("its content is right, but: " + decision.reason());
  }

  private Optional<String> mark(Path target, Copied copied) throws DestinationException {
    try {
      destination.distrust(target, comparison.markedWrong(copied.metadata()));
      return Optional.empty();
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      return Optional.of(ErrorText.of(e));
    }
  }
}
