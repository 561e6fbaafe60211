/**
 * The decision: it takes a source entry and what the destination has, and gives an action and its
 * reason. The package does no input or output, except in {@link dev.mtb.compare.ContentComparison},
 * which reads two channels that the caller opened.
 */
package dev.mtb.compare;
