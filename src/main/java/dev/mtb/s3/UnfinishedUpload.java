package dev.mtb.s3;

/**
 * An upload in parts that was neither completed nor aborted.
 *
 * @param key of the object that it would make
 * @param id names it
 */
public record UnfinishedUpload(String key, String id) {}
