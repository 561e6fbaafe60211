package dev.mtb.s3;

/**
 * An object, or a part of one, that is being read.
 *
 * @param info of the object; its length is that of what is read
 * @param content to be closed, or aborted
 */
public record ObjectReading(ObjectInfo info, ObjectContent content) {}
