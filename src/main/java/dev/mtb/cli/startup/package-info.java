/** How the process starts: the arguments as they were typed, and what is loaded ahead. */
package dev.mtb.cli.startup;
