package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.mtb.s3.ScriptedServer.Received;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Configuration;

/**
 * MTB's client sends the same requests as the AWS SDK's client with the settings that an earlier
 * version of MTB used. The differences are intended, and named here.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SdkRequestTest {
  /** The SDK tells about itself and about its retries; the signature is another each time. */
  private static final Set<String> DIFFERENT =
      Set.of(
          "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "user-agent", "x-amz-date");

  /** The SDK reads each content twice: on plain HTTP it signs its digest. */
  private static final String DIGEST = "x-amz-content-sha256";

  /** DeleteObjects: the SDK adds a second checksum to the MD5; other servers do not know it. */
  private static final Set<String> SECOND_CHECKSUM =
      Set.of("x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm");

  /** The SDK's documents have other lengths: they name their format. */
  private static final Set<String> OF_DOCUMENT = Set.of("content-length", "content-md5", DIGEST);

  private ScriptedServer server;
  private S3Client ours;
  private software.amazon.awssdk.services.s3.S3Client theirs;

  @BeforeAll
  void start() throws IOException {
    server = ScriptedServer.start();
    ours = new S3Client(server.settings(/* retries= */ 0));
    theirs =
        software.amazon.awssdk.services.s3.S3Client.builder()
            .httpClientBuilder(Apache5HttpClient.builder().useIdleConnectionReaper(false))
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("access", "secret")))
            .region(Region.US_EAST_1)
            .endpointOverride(server.uri())
            .forcePathStyle(true)
            .addPlugin(LegacyMd5Plugin.create())
            .disableS3ExpressSessionAuth(true)
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(
                S3Configuration.builder()
                    .chunkedEncodingEnabled(false)
                    .expectContinueEnabled(false)
                    .build())
            .build();
  }

  @AfterAll
  void stop() {
    ours.close();
    theirs.close();
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "dir/a b+c%2B%.txt",
        "grün/日本/😀",
        "a//b/./../c/",
        "~-._!\"$'()*,:;<=>@[\\]^`{|}?#&",
        "line\r\nline\ttab"
      })
  void everyRequest_isTheOneOfTheSdk(String key) throws IOException {
    for (RequestKind kind : RequestKind.ALL) {
      server.always(ScriptedServer.answer(200, kind.answer(), "ETag: \"x\""));
      kind.ours().send(ours, key);
      Received our = server.last();
      kind.theirs().send(theirs, key);
      Received their = server.last();

      assertThat(our.method).as(kind.name()).isEqualTo(their.method);
      assertThat(path(our)).as(kind.name()).isEqualTo(path(their));
      assertThat(query(our)).as(kind.name()).isEqualTo(query(their));
      assertThat(headers(our, our)).as(kind.name()).isEqualTo(headers(their, our));
      assertThat(body(our)).as(kind.name()).isEqualTo(body(their));
      assertThat(our.header(DIGEST))
          .as(kind.name())
          .hasValue(isContent(our) ? "UNSIGNED-PAYLOAD" : Signer.sha256(our.body));
    }
  }

  private static boolean isContent(Received request) {
    return new String(RequestKind.CONTENT, UTF_8).equals(request.text());
  }

  private static boolean isDocument(Received request) {
    return request.text().startsWith("<");
  }

  /**
   * The path of the bucket alone is the same with a slash after it and without. The SDK encodes the
   * second of two slashes, but signs it as it is.
   */
  private static String path(Received request) {
    String path = request.path().replace("/%2F", "//");
    return path.equals("/bucket/") ? "/bucket" : path;
  }

  /** A parameter without a value is the same with an equals sign and without. */
  private static List<String> query(Received request) {
    return Splitter.on('&')
        .omitEmptyStrings()
        .splitToStream(request.query())
        .map(parameter -> parameter.contains("=") ? parameter : parameter + "=")
        .sorted()
        .toList();
  }

  private static Map<String, String> headers(Received request, Received our) {
    Map<String, String> headers = new TreeMap<>();
    request.headers.forEach(
        header -> assertThat(headers.put(header.getKey(), header.getValue())).isNull());
    headers.keySet().removeAll(DIFFERENT);
    headers.remove(DIGEST);
    if (isDocument(our)) {
      headers.keySet().removeAll(SECOND_CHECKSUM);
      assertThat(headers.keySet()).contains("content-length");
      // The body itself is compared.
      headers.keySet().removeAll(OF_DOCUMENT);
    }
    if (our.query().contains("partNumber") && isContent(our)) {
      // The type of a part has no effect: the type of the object is sent when the upload starts.
      headers.remove("content-type");
    }
    return headers;
  }

  /** Two documents are equal if they differ only in order and in the name of their format. */
  private static Object body(Received request) {
    if (!isDocument(request)) {
      return request.text();
    }
    try {
      DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
      return content(parser.parse(new ByteArrayInputStream(request.body)).getDocumentElement());
    } catch (SAXException | IOException | ParserConfigurationException e) {
      throw new AssertionError(e);
    }
  }

  private static String content(Node node) {
    List<String> children = new ArrayList<>();
    for (Node child = node.getFirstChild(); child != null; child = child.getNextSibling()) {
      children.add(content(child));
    }
    // Only parts have an order that matters, and are numbered.
    Collections.sort(children);
    return node.getNodeName() + (node.getNodeValue() == null ? children : node.getNodeValue());
  }
}
