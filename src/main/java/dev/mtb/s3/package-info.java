/**
 * A small S3 client: one signed request, one answer. It knows neither s3fs nor backups, and uses
 * nothing else of MTB.
 */
package dev.mtb.s3;
