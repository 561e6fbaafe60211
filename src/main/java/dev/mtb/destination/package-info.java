/**
 * The seam between MTB and the place that holds the backup. {@link dev.mtb.destination.Destination}
 * is what the engine works with; {@link dev.mtb.destination.Destinations} finds the right one for a
 * path: an S3FS mount, or any other directory of a {@code java.nio} file system.
 *
 * <p>The engine asks a destination's {@link dev.mtb.destination.Traits}, never its class.
 */
package dev.mtb.destination;
