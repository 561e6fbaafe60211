/**
 * Wires the stages together; the only room that knows threads. {@link dev.mtb.engine.Run} is the
 * door.
 *
 * <p>The calling thread feeds the list. A pool of checkers expands directories, each comparing one
 * directory at a time; what is to be done goes through {@link dev.mtb.engine.WorkQueue}, which is
 * bounded and deals out fairly over directories, to a pool of copiers. What happens at the end of
 * the line is an {@link dev.mtb.engine.Sink}: copying, only telling (a dry run), or verifying.
 */
package dev.mtb.engine;
