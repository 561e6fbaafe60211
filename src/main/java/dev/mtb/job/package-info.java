/**
 * What embedders name besides the options: jobs, the listener, the report and its failures. They
 * are apart from {@link dev.mtb.Mtb}, which starts the engine, so that the engine can use them.
 */
package dev.mtb.job;
