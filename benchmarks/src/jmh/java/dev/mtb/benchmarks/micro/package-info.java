/** Micro-benchmarks of what MTB does for each file, apart from waiting for a file system. */
package dev.mtb.benchmarks.micro;
