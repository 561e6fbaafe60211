package dev.mtb.benchmarks;

import java.nio.file.Path;

/** Makes a backup whose speed does not matter. */
@FunctionalInterface
interface Copyist {
  void copy(Path source, Path destination) throws Exception;
}
