package dev.mtb.benchmarks;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How tools reach the bucket without a mount.
 *
 * @param tls the folder with the server's certificate; empty over HTTP
 */
record Bucket(int port, String accessKey, String secretKey, Optional<Path> tls) {
  String endpoint() {
    return (tls.isPresent() ? "https" : "http") + "://127.0.0.1:" + port;
  }

  /** What one or another of the tools reads. */
  Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("AWS_ACCESS_KEY_ID", accessKey);
    environment.put("AWS_SECRET_ACCESS_KEY", secretKey);
    environment.put("AWS_DEFAULT_REGION", "us-east-1");
    // S3Proxy does not know the checksums that newer versions of aws send.
    environment.put("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required");
    environment.put("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required");
    environment.put("RCLONE_S3_PROVIDER", "Other");
    environment.put("RCLONE_S3_ENV_AUTH", "true");
    environment.put("RCLONE_S3_ENDPOINT", endpoint());
    tls.ifPresent(
        folder -> {
          environment.put("AWS_CA_BUNDLE", folder.resolve("server.pem").toString());
          environment.put("RCLONE_CA_CERT", folder.resolve("server.pem").toString());
          environment.put(
              "JDK_JAVA_OPTIONS", "-Djavax.net.ssl.trustStore=" + folder.resolve("trust.jks"));
        });
    return environment;
  }
}
