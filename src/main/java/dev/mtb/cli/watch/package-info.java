/** What is shown while a run goes on: progress, result lines, events, failures, the log. */
package dev.mtb.cli.watch;
