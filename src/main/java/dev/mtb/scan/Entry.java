package dev.mtb.scan;

import java.nio.file.Path;

/**
 * One entry of a list, resolved.
 *
 * @param source absolute
 * @param target where it goes, relative to the destination; empty for the destination itself
 * @param outside whether it is not below the base, so that it lands at its full path
 */
public record Entry(Path source, Path target, boolean outside) {}
