/**
 * The types that embedders use besides the options: jobs, the listener, the report and its
 * failures. They are separate from {@link dev.mtb.Mtb}, which starts the engine, so that the engine
 * can use them.
 */
package dev.mtb.job;
