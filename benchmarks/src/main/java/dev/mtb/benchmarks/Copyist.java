package dev.mtb.benchmarks;

import java.nio.file.Path;
import java.util.Optional;

/** Makes a backup whose speed does not matter. */
@FunctionalInterface
interface Copyist {
  void copy(Path source, String destination, Optional<Bucket> bucket) throws Exception;
}
