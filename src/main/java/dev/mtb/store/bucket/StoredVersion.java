package dev.mtb.store.bucket;

import dev.mtb.store.ContentTag;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A version of an object that the server has just stored, as the server describes it.
 *
 * @param tag of its content, as lists will show it
 * @param at when the object was complete, by the server's clock
 * @param took how long MTB sent it; lists may show any moment of that time, such as the beginning
 *     of an upload in parts (S3 user guide, "Object metadata", Last-Modified)
 */
record StoredVersion(Optional<ContentTag> tag, Optional<Instant> at, Duration took) {}
