package dev.mtb.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.mtb.s3.ScriptedServer.Received;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Configuration;

/**
 * MTB's client sends the requests that the AWS SDK's client sends, as MTB had set it up before it
 * had a client of its own. The differences are intended, and listed here.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SdkRequestTest {
  /** The SDK tells about itself and about its retries, and asks for what it does by itself. */
  private static final Set<String> OF_THE_SDK =
      Set.of("amz-sdk-invocation-id", "amz-sdk-request", "user-agent", "accept");

  /** Differ in each request. */
  private static final Set<String> SIGNATURE = Set.of("authorization", "x-amz-date");

  private static final Set<String> OF_THE_CONNECTION = Set.of("connection");

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
      assertThat(headers(our, kind)).as(kind.name()).isEqualTo(headers(their, kind));
      assertThat(body(our)).as(kind.name()).isEqualTo(body(their));
    }
  }

  /** The bucket alone is the same with a slash behind it and without. */
  private static String path(Received request) {
    return request.path().equals("/bucket/") ? "/bucket" : request.path();
  }

  private static List<String> query(Received request) {
    List<String> parameters = new ArrayList<>();
    for (String parameter : Splitter.on('&').omitEmptyStrings().split(request.query())) {
      parameters.add(parameter.contains("=") ? parameter : parameter + "=");
    }
    return parameters.stream().sorted().toList();
  }

  private static Map<String, String> headers(Received request, RequestKind kind) {
    Map<String, String> headers = new TreeMap<>();
    request.headers.forEach(
        header -> assertThat(headers.put(header.getKey(), header.getValue())).isNull());
    headers.keySet().removeAll(OF_THE_SDK);
    headers.keySet().removeAll(SIGNATURE);
    headers.keySet().removeAll(OF_THE_CONNECTION);
    return headers;
  }

  private static String body(Received request) {
    return request.text();
  }
}
