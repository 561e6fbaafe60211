/**
 * The command: its subcommands and their options. Arguments in, the library called, text and JSON
 * out. Not part of the library.
 */
package dev.mtb.cli;
