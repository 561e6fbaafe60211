/** What is written about a run when it is over: a JSON report, an HTML page, metrics. */
package dev.mtb.cli.report;
