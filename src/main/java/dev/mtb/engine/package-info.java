/**
 * The engine: connects the stages of a run, and is the only package that knows threads. {@link
 * dev.mtb.engine.Run} is its entry point.
 *
 * <p>The calling thread feeds the list. A pool of checkers expands directories, each comparing one
 * directory at a time; what is to be done goes through {@link dev.mtb.engine.WorkQueue}, which is
 * bounded and takes from all directories in turn, to a pool of copiers. An {@link
 * dev.mtb.engine.Sink} ends the pipeline: it copies, only reports (a dry run), or verifies.
 */
package dev.mtb.engine;
