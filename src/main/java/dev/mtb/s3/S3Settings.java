package dev.mtb.s3;

import java.util.Map;

/**
 * The settings of a client.
 *
 * @param bucket its name
 * @param region that the requests are signed for
 * @param endpoint where they go
 * @param credentials that sign them; closed with the client
 * @param connections how many requests at most are under way; more wait
 * @param retries how often a request is sent again after a transient error
 * @param headers of each request, in lower case
 * @param signsPayload whether the digests of contents are signed; each is then read once more
 * @param hashesParts whether each part of an upload is sent with its MD5, as a lock of the object
 *     needs it; it is then read once more
 */
public record S3Settings(
    String bucket,
    String region,
    Endpoint endpoint,
    CredentialsSource credentials,
    int connections,
    int retries,
    Map<String, String> headers,
    boolean signsPayload,
    boolean hashesParts) {}
