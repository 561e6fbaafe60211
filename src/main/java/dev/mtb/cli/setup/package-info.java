/** How a backup is set up once, and what became of its runs. */
package dev.mtb.cli.setup;
