package dev.mtb.s3;

/**
 * A part of an upload.
 *
 * @param number from 1
 * @param tag as the server writes it
 */
public record UploadedPart(int number, String tag) {}
