/**
 * Turns the user's lists into source files: {@link dev.mtb.scan.SourceList} reads the lists and
 * tells where each entry lands, {@link dev.mtb.scan.FileFilter} tells what is excluded.
 */
package dev.mtb.scan;
