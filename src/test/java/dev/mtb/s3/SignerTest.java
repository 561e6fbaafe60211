package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The signatures that AWS has published. */
class SignerTest {
  private static final Credentials SUITE =
      Credentials.of("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  private static final Credentials S3_EXAMPLES =
      Credentials.of("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

  /** A request of the suite. */
  private record Vector(
      String name,
      String method,
      String path,
      List<Map.Entry<String, String>> query,
      TreeMap<String, String> headers,
      String body,
      Optional<String> token,
      String signedHeaders,
      String signature) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Vector> suite() throws IOException {
    String text;
    try (InputStream in = SignerTest.class.getResourceAsStream("aws-sig-v4.txt")) {
      text = new String(in.readAllBytes(), UTF_8);
    }
    return Splitter.on("\n\n").splitToStream(text.strip()).skip(1).map(SignerTest::vector);
  }

  private static Vector vector(String block) {
    List<String> lines = Splitter.on('\n').splitToList(block);
    List<String> request = Splitter.on(' ').limit(2).splitToList(lines.get(1));
    List<String> target = Splitter.on('?').splitToList(request.get(1));
    TreeMap<String, String> headers = new TreeMap<>();
    headers.put("host", "example.amazonaws.com");
    headers.put("x-amz-date", Signer.time(Instant.parse("2015-08-30T12:36:00Z")));
    String body = "";
    Optional<String> token = Optional.empty();
    for (String line : lines.subList(2, lines.size() - 1)) {
      int colon = line.indexOf(':');
      String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
      String value = line.substring(colon + 1);
      switch (name) {
        case "body" -> {
          body = value.strip();
          headers.put("x-amz-content-sha256", Signer.sha256(body));
        }
        case "token" -> {
          token = Optional.of(value.strip());
          headers.put("x-amz-security-token", value.strip());
        }
        default -> headers.put(name, value);
      }
    }
    List<String> outcome = Splitter.on(' ').splitToList(lines.get(lines.size() - 1));
    return new Vector(
        lines.get(0),
        request.get(0),
        target.get(0),
        target.size() > 1 ? query(target.get(1)) : List.of(),
        headers,
        body,
        token,
        outcome.get(1),
        outcome.get(2));
  }

  private static List<Map.Entry<String, String>> query(String text) {
    List<Map.Entry<String, String>> query = new ArrayList<>();
    for (String parameter : Splitter.on('&').split(text)) {
      int equals = parameter.indexOf('=');
      query.add(
          Map.entry(
              URLDecoder.decode(parameter.substring(0, equals), UTF_8),
              URLDecoder.decode(parameter.substring(equals + 1), UTF_8)));
    }
    return query;
  }

  @Test
  void suite_isRead() throws IOException {
    assertThat(suite()).hasSize(28).extracting(Vector::name).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("suite")
  void authorization_isThatOfTheSuite(Vector vector) {
    Credentials credentials = new Credentials(SUITE.accessKey(), SUITE.secretKey(), vector.token());

    String authorization =
        new Signer("us-east-1", "service")
            .authorization(
                vector.method(),
                Encoding.encodePath(vector.path()),
                Signer.query(vector.query()),
                vector.headers(),
                Signer.sha256(vector.body()),
                credentials);

    assertThat(authorization)
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
                + " SignedHeaders="
                + vector.signedHeaders()
                + ", Signature="
                + vector.signature());
  }

  /**
   * The examples of the Amazon S3 API reference, "Signature Calculations for the Authorization".
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "GET | test.txt | - | - | range=bytes=0-9 | -"
            + "| f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        "PUT | test$file.text | - | - | x-amz-storage-class=REDUCED_REDUNDANCY"
            + "| Welcome to Amazon S3."
            + "| 98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        "GET | - | lifecycle= | - | - | -"
            + "| fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        "GET | - | prefix=J | max-keys=2 | - | -"
            + "| 34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
      })
  void signature_isThatOfTheS3Reference(
      String method,
      String key,
      String parameter,
      String another,
      String header,
      String body,
      String signature) {
    S3Request request = new S3Request(method, key == null ? "" : key);
    for (String each : new String[] {parameter, another}) {
      if (each != null) {
        List<String> pair = Splitter.on('=').splitToList(each);
        request.query(pair.get(0), pair.get(1));
      }
    }
    if (header != null) {
      List<String> pair = Splitter.on('=').limit(2).splitToList(header);
      request.headers.put(pair.get(0), pair.get(1));
    }
    if (body != null) {
      request.signed(body.getBytes(UTF_8));
      request.headers.put("date", "Fri, 24 May 2013 00:00:00 GMT");
    }
    request.headers.put("host", "examplebucket.s3.amazonaws.com");
    request.headers.put("x-amz-content-sha256", request.payload);
    request.headers.put("x-amz-date", "20130524T000000Z");

    String authorization =
        new Signer("us-east-1", "s3")
            .authorization(
                request.method,
                "/" + Encoding.encodePath(request.key),
                Signer.query(request.query),
                request.headers,
                request.payload,
                S3_EXAMPLES);

    assertThat(authorization)
        .startsWith(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ")
        .endsWith(", Signature=" + signature);
  }

  /** The key of a day is kept for the next request. */
  @Test
  void signature_afterAnotherDayOrAnotherSecretKey_isStillRight() {
    Signer signer = new Signer("us-east-1", "service");
    Credentials other = Credentials.of("AKIDEXAMPLE", "another");
    String first = vanilla(signer, SUITE, "20150830T123600Z");
    assertThat(first).endsWith("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");

    assertThat(vanilla(signer, SUITE, "20150831T123600Z"))
        .isEqualTo(vanilla(new Signer("us-east-1", "service"), SUITE, "20150831T123600Z"))
        .isNotEqualTo(first);
    assertThat(vanilla(signer, other, "20150831T123600Z"))
        .isEqualTo(vanilla(new Signer("us-east-1", "service"), other, "20150831T123600Z"));
    assertThat(vanilla(signer, SUITE, "20150830T123600Z")).isEqualTo(first);
  }

  private static String vanilla(Signer signer, Credentials credentials, String time) {
    TreeMap<String, String> headers =
        new TreeMap<>(Map.of("host", "example.amazonaws.com", "x-amz-date", time));
    return signer.authorization("GET", "/", "", headers, Signer.NO_PAYLOAD, credentials);
  }
}
