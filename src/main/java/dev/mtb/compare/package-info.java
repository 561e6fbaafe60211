/**
 * The decision: a source entry and what the destination has in, an action and its reason out. No
 * input or output happens here, except in {@link dev.mtb.compare.ContentComparison}, which reads
 * two channels that the caller opened.
 */
package dev.mtb.compare;
