package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.InvalidKeyException;
import java.security.Key;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests with AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request").
 * Thread-safe.
 */
final class Signer {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";

  /** The digest of an empty body. */
  static final String NO_PAYLOAD = sha256("");

  /** Stands for the digest of a body that is not signed. */
  static final String UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /** The length of {@code yyyyMMdd} at the beginning of a time. */
  private static final int DAY = 8;

  private final String region;
  private final String service;

  /** The key of a day is the same for all its requests. */
  private volatile DayKey last = new DayKey("", "", key(new byte[1]));

  private record DayKey(String secretKey, String day, Key key) {}

  Signer(String region, String service) {
    this.region = region;
    this.service = service;
  }

  /** The form of a time in a request. */
  static String time(Instant now) {
    return TIME.format(now);
  }

  /**
   * The header {@code Authorization} of a request.
   *
   * @param path as it is sent
   * @param query as it is sent, from {@link #query}
   * @param headers those that are signed, by their names in lower case, with {@code host} and
   *     {@code x-amz-date}
   * @param payload the digest of the body in hexadecimal, or what stands for it
   */
  String authorization(
      String method,
      String path,
      String query,
      SortedMap<String, String> headers,
      String payload,
      Credentials credentials) {
    String names = String.join(";", headers.keySet());
    StringBuilder canonical = new StringBuilder(512);
    canonical.append(method).append('\n').append(path).append('\n').append(query).append('\n');
    headers.forEach(
        (name, value) -> canonical.append(name).append(':').append(trim(value)).append('\n'));
    canonical.append('\n').append(names).append('\n').append(payload);
    String time = headers.get("x-amz-date");
    String day = time.substring(0, DAY);
    String scope = day + "/" + region + "/" + service + "/aws4_request";
    String toSign = ALGORITHM + "\n" + time + "\n" + scope + "\n" + sha256(canonical.toString());
    String signature = HexFormat.of().formatHex(hmac(dayKey(credentials.secretKey(), day), toSign));
    return ALGORITHM
        + " Credential="
        + credentials.accessKey()
        + "/"
        + scope
        + ", SignedHeaders="
        + names
        + ", Signature="
        + signature;
  }

  /** The query of a request, encoded and in the order in which it is signed. */
  static String query(List<Map.Entry<String, String>> parameters) {
    return parameters.stream()
        .map(p -> Map.entry(Encoding.encode(p.getKey()), Encoding.encode(p.getValue())))
        .sorted(
            Map.Entry.<String, String>comparingByKey().thenComparing(Map.Entry.comparingByValue()))
        .map(p -> p.getKey() + "=" + p.getValue())
        .collect(Collectors.joining("&"));
  }

  /** Runs of blanks count as one. */
  private static String trim(String value) {
    String trimmed = value.trim();
    return trimmed.contains("  ") ? trimmed.replaceAll(" +", " ") : trimmed;
  }

  private Key dayKey(String secretKey, String day) {
    DayKey known = last;
    if (known.day().equals(day) && known.secretKey().equals(secretKey)) {
      return known.key();
    }
    Key ofSecret = key(("AWS4" + secretKey).getBytes(UTF_8));
    Key ofRegion = key(hmac(key(hmac(ofSecret, day)), region));
    Key ofDay = key(hmac(key(hmac(ofRegion, service)), "aws4_request"));
    last = new DayKey(secretKey, day, ofDay);
    return ofDay;
  }

  private static Key key(byte[] bytes) {
    return new SecretKeySpec(bytes, "HmacSHA256");
  }

  private static byte[] hmac(Key key, String text) {
    try {
      Mac mac = Mac.getInstance(key.getAlgorithm());
      mac.init(key);
      return mac.doFinal(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("each Java platform has HmacSHA256", e);
    }
  }

  /** The digest of a text in hexadecimal. */
  static String sha256(String text) {
    return sha256(text.getBytes(UTF_8));
  }

  /** The digest of a content in hexadecimal. */
  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("each Java platform has SHA-256", e);
    }
  }
}
