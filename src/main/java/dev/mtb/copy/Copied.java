package dev.mtb.copy;

import dev.mtb.model.Metadata;
import dev.mtb.store.AttributesException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What was copied.
 *
 * @param metadata of the version that was committed, which may be newer than what the scan saw
 * @param digest of the content of that version, in lower-case hexadecimal digits; empty for a link,
 *     and if digests are not needed
 * @param target of a link
 * @param unset what the destination did not take of its attributes; its content is there
 */
public record Copied(
    Metadata metadata,
    Optional<String> digest,
    Optional<Path> target,
    Optional<AttributesException> unset) {}
