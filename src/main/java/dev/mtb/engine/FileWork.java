package dev.mtb.engine;

import dev.mtb.Metadata;
import dev.mtb.compare.Decision;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Something to be done about one file or link.
 *
 * @param directory it is in
 * @param source absolute
 * @param landing relative to the destination
 * @param metadata of the source
 * @param existing what is at the destination
 * @param decision what was decided so far
 */
record FileWork(
    DirectoryNode directory,
    Path source,
    Path landing,
    Metadata metadata,
    Optional<Metadata> existing,
    Decision decision) {}
