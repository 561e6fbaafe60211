/**
 * Measures MTB and its peers at the same work: onto S3FS, straight to a bucket over HTTP or HTTPS,
 * and from folder to folder.
 */
package dev.mtb.benchmarks;
