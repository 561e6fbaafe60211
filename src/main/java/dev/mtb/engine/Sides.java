package dev.mtb.engine;

import dev.mtb.copy.Buffers;
import dev.mtb.store.Retry;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;

/**
 * Both sides of a run: what its threads read, and what they write.
 *
 * @param tree what is copied
 * @param retry that of the destination
 * @param buffers to read either side with
 */
record Sides(Tree tree, Store destination, Retry retry, Buffers buffers) {}
