package dev.mtb.s3;

import java.time.Instant;
import java.util.Optional;

/**
 * An object as a list shows it.
 *
 * @param key of the object
 * @param size in bytes; empty if the server does not tell
 * @param tag as the server writes it
 * @param lastModified when it was stored
 */
public record ListedObject(
    String key, Optional<Long> size, Optional<String> tag, Optional<Instant> lastModified) {}
