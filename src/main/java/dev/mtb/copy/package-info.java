/** One file, from open to published. {@link dev.mtb.copy.Copier} is the door. */
package dev.mtb.copy;
