package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import dev.mtb.compare.Decision;
import dev.mtb.job.Failure;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.io.function.IORunnable;

/**
 * The end of a run's pipeline, where decisions are carried out, counted or reported. Thread-safe.
 */
interface Sink {
  /** The stage of the failures that this sink meets. */
  Failure.Stage stage();

  /**
   * Makes a directory that is missing, or that replaces something else.
   *
   * @return the attributes to set when its contents are done
   */
  Set<Attribute> makeDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing, Decision decision)
      throws IOException;

  /**
   * Makes a directory of another shard that is missing, and in which this shard has something.
   *
   * @return the attributes to set when this shard's part of it is done
   */
  default Set<Attribute> makeSharedDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing) throws IOException {
    return ImmutableSet.of();
  }

  /**
   * Prepares {@link #file}, before the listener is told that the file will be copied.
   *
   * @return handles the file or link
   */
  default IORunnable prepare(FileWork work, Decision decision) throws IOException {
    return () -> file(work, decision);
  }

  /** Handles a file or link that differs. */
  void file(FileWork work, Decision decision) throws IOException;

  /**
   * Replaces a directory with a file or link.
   *
   * @param deletion deletes the directory; it is run when the file is complete under a temporary
   *     name
   */
  default void replaceDirectory(FileWork work, IORunnable deletion) throws IOException {
    file(work, work.decision());
  }

  /** Moves a directory to where old versions are kept. */
  default void moveToOldVersions(Path directory) throws IOException {}

  /**
   * Files that wait, since a directory stands in their place. The directory is deleted when all
   * else is done; where nothing is deleted, everything in it is {@link #extra}.
   */
  default List<FileWork> waiting() {
    return List.of();
  }

  /** Whether {@link #unchanged} does anything. */
  default boolean seesUnchanged() {
    return false;
  }

  /** Handles a file or link that is unchanged. */
  default void unchanged(FileWork work) throws IOException {}

  /** Handles a directory that exists at the destination, or was just made. */
  default void directory(Path target) {}

  /** Whether what only the destination has is deleted; otherwise it is {@link #extra}. */
  default boolean deletes() {
    return true;
  }

  /** Reports something that the source has no more, and that is not deleted. */
  default void extra(Path target, Kind kind) {
    throw new UnsupportedOperationException("what is not in the source is deleted here");
  }

  /** Deletes items that the source has no more; see {@link Store#delete}. */
  default Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    throw new UnsupportedOperationException("nothing is deleted here");
  }

  /** Sets a directory's metadata, when everything below it is done. */
  void setDirectoryMetadata(Path target, Metadata source, Set<Attribute> attributes)
      throws IOException;
}
