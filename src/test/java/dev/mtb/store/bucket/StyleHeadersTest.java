package dev.mtb.store.bucket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import com.sun.net.httpserver.HttpServer;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.s3.Body;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The headers for the style of objects in each kind of request. */
class StyleHeadersTest {
  private static final ObjectStyle STYLE =
      new ObjectStyle(
          Optional.of("STANDARD_IA"),
          Optional.of("bucket-owner-full-control"),
          Optional.of("aws:kms"),
          Optional.of("alias/backup"),
          ImmutableMap.of("team", "a b+c=d", "ü", ""),
          Optional.of(new ObjectStyle.Lock("COMPLIANCE", Duration.ofDays(30))),
          /* requesterPays= */ true);

  private static final Map<String, String> OF_OBJECT =
      Map.of(
          "x-amz-storage-class", "STANDARD_IA",
          "x-amz-acl", "bucket-owner-full-control",
          "x-amz-server-side-encryption", "aws:kms",
          "x-amz-server-side-encryption-aws-kms-key-id", "alias/backup",
          "x-amz-tagging", "team=a%20b%2Bc%3Dd&%C3%BC=",
          "x-amz-object-lock-mode", "COMPLIANCE",
          "x-amz-request-payer", "requester");

  private static final String UNTIL = "x-amz-object-lock-retain-until-date";

  private static final String ANSWER =
      "<Answer><ETag>\"0123456789abcdef0123456789abcdef-2\"</ETag><UploadId>id</UploadId></Answer>";

  private static final Metadata FILE =
      new Metadata(Kind.FILE, 3, Instant.ofEpochSecond(1_700_000_000), 0644, 0, 0, 0, 0);

  @TempDir Path temp;
  private HttpServer server;
  private Requests requests;

  /** The headers of the last request. */
  private final TreeMap<String, String> last = new TreeMap<>();

  @BeforeEach
  void start() throws IOException {
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          last.clear();
          exchange
              .getRequestHeaders()
              .forEach((name, values) -> last.put(name.toLowerCase(Locale.ROOT), values.get(0)));
          exchange.getRequestBody().readAllBytes();
          byte[] body = ANSWER.getBytes(UTF_8);
          exchange.getResponseHeaders().add("ETag", "\"0123456789abcdef0123456789abcdef\"");
          exchange.getResponseHeaders().add("x-amz-server-side-encryption", "aws:kms");
          exchange.getResponseHeaders().add("Last-Modified", "Mon, 30 Nov 2026 22:00:00 GMT");
          boolean isHead = exchange.getRequestMethod().equals("HEAD");
          exchange.sendResponseHeaders(200, isHead ? -1 : body.length);
          if (!isHead) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    server.start();
    requests = requests(STYLE);
  }

  private Requests requests(ObjectStyle style) throws IOException {
    BackupOptions options =
        BackupOptions.builder()
            .connection(
                c ->
                    c.withEndpoint(URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                        .withPasswdFile(temp.resolve("passwd")))
            .objectStyle(s -> style)
            .build();
    Secrets.write(temp.resolve("passwd"), "key:secret");
    return new Requests(
        BucketPlace.of(new S3Location("bucket", "p"), options),
        new BucketAccess(options, /* readOnly= */ false, ProcessIdentity.read()));
  }

  @AfterEach
  void stop() {
    requests.close();
    server.stop(0);
  }

  private void assertLocked() {
    Duration left = Duration.between(Instant.now(), Instant.parse(last.get(UNTIL)));
    assertThat(left).isBetween(Duration.ofDays(30).minusMinutes(5), Duration.ofDays(30));
  }

  @Test
  void newObject_hasAllStyleHeaders() throws IOException {
    StoredVersion unused = requests.put("p/f", FILE, Requests.Upload.of("abc".getBytes(UTF_8)));

    assertThat(last).containsAllEntriesOf(OF_OBJECT).containsKey("content-md5");
    assertLocked();
    assertThat(last).doesNotContainKey("x-amz-tagging-directive");
  }

  @Test
  void uploadInParts_hasAllStyleHeadersAtItsStart() throws IOException {
    assertThat(requests.uploads().start("p/f", requests.uploads().headers("p/f", FILE)))
        .isEqualTo("id");

    assertThat(last).containsAllEntriesOf(OF_OBJECT);
    assertLocked();
  }

  /** Amazon refuses others where the object is locked. */
  @Test
  void partOfALockedObject_hasItsDigest() throws IOException {
    byte[] part = "part".getBytes(UTF_8);
    byte[] md5 = DigestUtils.md5(part);
    assertThat(requests.uploads().sendPart("p/f", "id", 1, Body.of(part), () -> md5).number())
        .isEqualTo(1);
    assertThat(last)
        .containsEntry("content-md5", Base64.getEncoder().encodeToString(md5))
        .doesNotContainKey("x-amz-storage-class");

    try (Requests plain = requests(ObjectStyle.DEFAULT)) {
      assertThat(plain.uploads().sendPart("p/f", "id", 1, Body.of(part), () -> md5).number())
          .isEqualTo(1);
      assertThat(last).doesNotContainKey("content-md5");
    }
  }

  /** Copies keep old versions, and rename files. */
  @Test
  void copy_hasAllStyleHeaders() throws IOException {
    assertThat(requests.copies().copy("p/f", "p/g", Optional.of(3L))).isTrue();

    assertThat(last)
        .containsAllEntriesOf(OF_OBJECT)
        .containsEntry("x-amz-tagging-directive", "REPLACE")
        .doesNotContainKey("x-amz-metadata-directive");
    assertLocked();
  }

  @Test
  void changeOfMetadata_keepsTheStyle() throws IOException {
    StoredVersion unused = requests.copies().replaceMetadata("p/f", FILE, Optional.empty());

    assertThat(last)
        .containsAllEntriesOf(OF_OBJECT)
        .containsEntry("x-amz-tagging-directive", "REPLACE")
        .containsEntry("x-amz-metadata-directive", "REPLACE");
    assertLocked();
  }

  @Test
  void otherRequests_haveOnlyTheHeaderOfThePayer() throws IOException {
    assertThat(requests.head("p/f")).isPresent();
    assertStyleless();
    requests.delete("p/f");
    assertStyleless();
    requests.read("p/f", Optional.empty(), Optional.empty()).abort();
    assertStyleless();
  }

  private void assertStyleless() {
    assertThat(last).containsEntry("x-amz-request-payer", "requester");
    assertThat(last.keySet())
        .noneMatch(
            name ->
                !name.equals("x-amz-request-payer")
                    && (OF_OBJECT.containsKey(name) || name.startsWith("x-amz-object-lock")));
  }

  /** Without the headers, an object keeps tags of another tool. */
  @Test
  void withoutAStyle_thereAreNoStyleHeaders() throws IOException {
    try (Requests plain = requests(ObjectStyle.DEFAULT)) {
      StoredVersion unused = plain.copies().replaceMetadata("p/f", FILE, Optional.empty());

      assertThat(last).containsEntry("x-amz-metadata-directive", "REPLACE");
      assertThat(last.keySet()).doesNotContainAnyElementsOf(OF_OBJECT.keySet());
      assertThat(last).doesNotContainKeys("x-amz-tagging-directive", UNTIL);
    }
  }
}
