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

/**
 * The end of a run's pipeline, where decisions are carried out, counted or reported. Thread-safe.
 */
interface Sink {
  /** The stage of the failures that this sink meets. */
  Failure.Stage stage();

  /**
   * A directory is missing, or something else stands in its place.
   *
   * @return what is to be set when its contents are done
   */
  Set<Attribute> makeDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing, Decision decision)
      throws IOException;

  /**
   * A directory of another shard is missing, and something in it is this shard's.
   *
   * @return what is to be set when this shard's part of it is done
   */
  default Set<Attribute> makeWay(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing) throws IOException {
    return ImmutableSet.of();
  }

  /** What is done about a file or link. */
  interface Doing {
    void run() throws IOException;
  }

  /** Prepares {@link #file}, before it is said that the file will be copied. */
  default Doing prepare(FileWork work, Decision decision) throws IOException {
    return () -> file(work, decision);
  }

  /** A file or link differs. */
  void file(FileWork work, Decision decision) throws IOException;

  /** Takes away what stands in the place of a file, when that is whole under another name. */
  interface Clearing {
    void run() throws IOException;
  }

  /** A file or link takes the place of a directory. */
  default void replaceDirectory(FileWork work, Clearing clearing) throws IOException {
    file(work, work.decision());
  }

  /** A directory goes where old versions are kept. */
  default void putAside(Path directory) throws IOException {}

  /**
   * Files in whose place there is a directory that may be deleted when all else is done; or in
   * which everything is {@link #extra}, where nothing is deleted.
   */
  default List<FileWork> waiting() {
    return List.of();
  }

  /** Whether {@link #unchanged} does anything. */
  default boolean seesUnchanged() {
    return false;
  }

  /** A file or link is as it should be. */
  default void unchanged(FileWork work) throws IOException {}

  /** A directory is there, by now. */
  default void directory(Path target) {}

  /** Whether what only the destination has is deleted; otherwise it is {@link #extra}. */
  default boolean deletes() {
    return true;
  }

  /** Something is not in the source any more, and stays. */
  default void extra(Path target, Kind kind) {
    throw new UnsupportedOperationException("what is not in the source is deleted here");
  }

  /** Things are not in the source any more; see {@link Store#delete}. */
  default Map<Path, IOException> delete(Map<Path, Kind> doomed) throws IOException {
    throw new UnsupportedOperationException("nothing is deleted here");
  }

  /** A directory's metadata differs; all below it is done. */
  void setDirectoryMetadata(Path target, Metadata source, Set<Attribute> attributes)
      throws IOException;
}
