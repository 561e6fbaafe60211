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
 *     and where none was asked for
 * @param target of a link
 * @param unset what the destination did not take of its attributes; its content is there
 */
public record Copied(
    Metadata metadata,
    Optional<String> digest,
    Optional<Path> target,
    Optional<AttributesException> unset) {}
