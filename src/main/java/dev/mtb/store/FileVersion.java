package dev.mtb.store;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A version of something in a bucket that keeps old versions.
 *
 * @param path relative to the backup
 * @param isDirectory whether it is the object of a directory
 * @param isDeletion whether it was deleted then
 * @param isLatest whether it is what is there now
 * @param size in bytes; 0 for a deletion, and -1 if the server does not tell it
 * @param storedAt when it was stored, by the server's clock
 * @param id that the server has given to it
 */
public record FileVersion(
    Path path,
    boolean isDirectory,
    boolean isDeletion,
    boolean isLatest,
    long size,
    Instant storedAt,
    String id) {}
