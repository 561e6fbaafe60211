/**
 * Measures MTB and its peers at the same work: on a bucket that s3fs mounts through a proxy which
 * adds latency and counts requests, and on a local disk.
 */
package dev.mtb.benchmarks;
