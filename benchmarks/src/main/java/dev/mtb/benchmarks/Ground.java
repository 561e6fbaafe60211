package dev.mtb.benchmarks;

import dev.mtb.testing.CountingProxy.Counts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A place to back up to. For one thread. */
interface Ground extends AutoCloseable {
  /** The folder that takes the backup, or bucket and prefix. */
  String destination();

  /** How the bucket is reached; empty if the destination is a folder. */
  Optional<Bucket> bucket();

  /** Fills the destination as fast as possible, with what {@code tree} has now. */
  void populate(SourceTree tree) throws Exception;

  /** Makes all caches of the destination cold, and puts {@code link} before it. */
  void open(Link link) throws Exception;

  /**
   * Ends what {@link #open} began.
   *
   * @return what went over the link; empty where there is none
   */
  Optional<Counts> finish() throws Exception;

  /** Where MTB remembers things about this place from run to run. */
  Path state();

  /** Compares the backup with its source, by another way than the one that is measured. */
  SourceTree.Verdict judge(SourceTree tree) throws Exception;

  @Override
  void close() throws IOException;
}
