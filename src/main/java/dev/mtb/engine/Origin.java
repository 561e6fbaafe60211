package dev.mtb.engine;

import dev.mtb.store.Tree;

/**
 * What a run copies from.
 *
 * @param tree its files
 * @param policy whether it is backed up or restored
 */
record Origin(Tree tree, Policy policy) {}
