package dev.mtb.engine;

import dev.mtb.copy.Buffers;
import dev.mtb.files.Folders;
import dev.mtb.store.Destination;
import dev.mtb.store.Retry;

/**
 * Both sides of a run: what its threads read, and what they write.
 *
 * @param source the directories of the source
 * @param retry that of the destination
 * @param buffers to read either side with
 */
record Sides(Folders source, Destination destination, Retry retry, Buffers buffers) {}
