/**
 * From what the user listed to source files: {@link dev.mtb.scan.SourceList} reads the lists and
 * tells where each entry lands, {@link dev.mtb.scan.FileFilter} what is left out.
 */
package dev.mtb.scan;
