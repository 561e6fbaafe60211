package dev.mtb.s3;

/**
 * An upload in parts that was started.
 *
 * @param id names it
 * @param requests how often it was asked for: an answer that was lost has started another one
 */
public record StartedUpload(String id, int requests) {}
