/** How the command writes texts of all kinds, so that nothing in them acts on a terminal. */
package dev.mtb.cli.text;
