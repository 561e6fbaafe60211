/** One file, from open to published. {@link dev.mtb.copy.Copier} is its entry point. */
package dev.mtb.copy;
