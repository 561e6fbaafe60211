package dev.mtb.s3;

import static dev.mtb.s3.ScriptedServer.answer;
import static dev.mtb.s3.ScriptedServer.error;
import static dev.mtb.s3.ScriptedServer.errorDocument;
import static dev.mtb.s3.ScriptedServer.head;
import static dev.mtb.s3.ScriptedServer.reset;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.mtb.s3.ScriptedServer.Received;
import dev.mtb.s3.ScriptedServer.Step;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Retries of the S3 client, failures in answers, clocks, connections, interrupts and pace. */
class S3ClientTest {
  private static final int RETRIES = 2;
  private static final byte[] CONTENT = "the content".getBytes(UTF_8);
  private static final String LIST =
      "<ListBucketResult><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>";
  private static final String COPIED = "<CopyObjectResult><ETag>\"x\"</ETag></CopyObjectResult>";

  private final List<Long> delays = new CopyOnWriteArrayList<>();
  private ScriptedServer server;
  private S3Client client;

  @BeforeEach
  void start() throws IOException {
    server = ScriptedServer.start();
    client = new S3Client(server.settings(RETRIES), delays::add);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private static StoredObject put(S3Client client, Body body) throws IOException {
    return client.put("key", Map.of(), body, DigestUtils.md5(CONTENT));
  }

  private S3Exception refusal(Call call) {
    S3Exception refusal = catchThrowableOfType(S3Exception.class, call::run);
    assertThat(refusal).isNotNull();
    return refusal;
  }

  private interface Call {
    void run() throws IOException;
  }

  // What is sent again

  private static List<Step> transientFailures() {
    return List.of(
        error(500, "InternalError"),
        answer(500, ""),
        answer(502, "<html>Bad Gateway</html>"),
        error(503, "SlowDown"),
        answer(503, "no XML"),
        answer(504, ""),
        answer(429, ""),
        error(400, "RequestTimeout"),
        error(400, "SlowDown"),
        error(403, "RequestThrottled"),
        reset(),
        // Answers that are cut off: within the XML, before the declared length, within the head,
        // and before it.
        wire -> {
          wire.send("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n<ListBucketResult><C");
          wire.end();
        },
        answer(200, "<ListBucketResult><Contents><Key>k</Key>"),
        wire -> {
          wire.send(head(200, 1000) + LIST);
          wire.end();
        },
        wire -> {
          wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n<ListBuck");
          wire.end();
        },
        wire -> {
          wire.send("HTTP/1.1 200 OK\r\nContent-Le");
          wire.end();
        },
        ScriptedServer.Wire::end,
        wire -> {
          wire.send("no HTTP at all\r\n\r\n");
          wire.end();
        },
        // An error answer that is cut off does not count as an answer.
        wire -> {
          wire.send(head(403, 1000) + "<Error><Code>AccessDenied");
          wire.end();
        });
  }

  @ParameterizedTest
  @MethodSource("transientFailures")
  void transientFailure_isSentAgain(Step failure) throws IOException {
    server.then(failure, failure);
    server.always(answer(200, LIST));

    assertThat(client.list("", null, null, null, 10).objects())
        .extracting(ListedObject::key)
        .containsExactly("k");

    assertThat(server.requests()).hasSize(3);
    assertThat(delays).hasSize(2);
    assertThat(delays.get(0)).isBetween(250L, 1000L);
    assertThat(delays.get(1)).isBetween(500L, 2000L);
  }

  @ParameterizedTest
  @CsvSource({"500, 250", "502, 250", "503, 500", "429, 500"})
  void serverThatAsksForAPause_getsTwiceTheTime(int status, long least) throws IOException {
    server.then(answer(status, ""), answer(status, ""));
    server.always(answer(200, LIST));

    ListPage unused = client.list("", null, null, null, 10);

    assertThat(delays).hasSize(2);
    assertThat(delays.get(0)).isBetween(least, 2 * least);
    assertThat(delays.get(1)).isBetween(2 * least, 4 * least);
  }

  @ParameterizedTest
  @MethodSource("transientFailures")
  void transientFailure_thatLasts_isReported(Step failure) {
    server.always(failure);

    assertThatThrownBy(() -> client.list("", null, null, null, 10)).isInstanceOf(IOException.class);

    assertThat(server.requests()).hasSize(1 + RETRIES);
  }

  @ParameterizedTest
  @MethodSource("transientFailures")
  void transientFailure_withoutRetries_isReportedAtOnce(Step failure) {
    server.always(failure);

    try (S3Client once = new S3Client(server.settings(/* retries= */ 0), delays::add)) {
      assertThatThrownBy(() -> once.list("", null, null, null, 10)).isInstanceOf(IOException.class);
    }

    assertThat(server.requests()).hasSize(1);
    assertThat(delays).isEmpty();
  }

  @Test
  void delays_doubleUpTo20Seconds() {
    server.always(answer(503, ""));

    try (S3Client patient = new S3Client(server.settings(/* retries= */ 20), delays::add)) {
      assertThat(refusal(() -> patient.head("key")).status()).isEqualTo(503);
    }

    assertThat(delays).hasSize(20).allMatch(delay -> delay <= 20_000);
    assertThat(delays.subList(6, 20)).allMatch(delay -> delay >= 10_000);
  }

  @ParameterizedTest
  @CsvSource({
    "400, InvalidArgument",
    "400, ExpiredToken",
    "400, BadDigest",
    "403, AccessDenied",
    "403, InvalidAccessKeyId",
    "404, NoSuchKey",
    "404, NoSuchBucket",
    "409, OperationAborted",
    "412, PreconditionFailed",
    "416, InvalidRange",
    "501, NotImplemented",
  })
  void refusal_isNotSentAgain(int status, String code) {
    server.always(error(status, code));

    S3Exception refusal =
        refusal(
            () ->
                client
                    .get("key", Optional.empty(), Optional.empty(), Optional.empty())
                    .content()
                    .close());

    assertThat(refusal.status()).isEqualTo(status);
    assertThat(refusal.code()).isEqualTo(code);
    assertThat(refusal.detail()).isEqualTo("words");
    assertThat(refusal).hasMessage("HTTP " + status + " " + code + ": words");
    assertThat(server.requests()).hasSize(1);
    assertThat(delays).isEmpty();
  }

  @Test
  void refusalOfHead_hasTheWordsBesideTheStatus() {
    server.always(answer(404, errorDocument("NoSuchKey")));

    S3Exception refusal = refusal(() -> client.head("key"));

    assertThat(refusal.status()).isEqualTo(404);
    assertThat(refusal.code()).isEmpty();
    assertThat(refusal.detail()).isEqualTo("Because");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void refusals_keepTheConnection() throws IOException {
    server.then(error(404, "NoSuchKey"), error(403, "AccessDenied"), answer(404, "no XML"));

    assertThat(refusal(() -> client.delete("key")).status()).isEqualTo(404);
    assertThat(refusal(() -> client.delete("key")).status()).isEqualTo(403);
    assertThat(refusal(() -> client.delete("key")).status()).isEqualTo(404);
    client.delete("key");

    assertThat(server.requests()).hasSize(4);
    assertThat(server.connections()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "301, PermanentRedirect",
    "307, TemporaryRedirect",
    "302, Found",
    "308, Moved",
    "400, AuthorizationHeaderMalformed"
  })
  void otherRegion_isReported_andNotFollowed(int status, String code) {
    String elsewhere = "Location: " + server.uri() + "/elsewhere";
    server.then(
        error(status, code, "x-amz-bucket-region: eu-west-3", elsewhere),
        answer(
            status,
            "<Error><Code>" + code + "</Code><Region>eu-west-2</Region></Error>",
            elsewhere),
        answer(status, "", elsewhere));

    assertThat(refusal(() -> client.delete("key")).region()).hasValue("eu-west-3");
    S3Exception inDocument = refusal(() -> client.delete("key"));
    assertThat(inDocument.region()).hasValue("eu-west-2");
    assertThat(inDocument.code()).isEqualTo(code);
    assertThat(inDocument.status()).isEqualTo(status);
    assertThat(refusal(() -> client.head("key")).region()).isEmpty();

    assertThat(server.requests()).hasSize(3).noneMatch(r -> r.target.contains("elsewhere"));
  }

  // Errors in answers with a status of success

  @Test
  void errorInTheDocument_ofACopy_isAFailure() throws IOException {
    server.then(error(200, "InternalError"), error(200, "SlowDown"));
    server.always(answer(200, COPIED));
    assertThat(client.copy("a", "b", Map.of()).tag()).hasValue("\"x\"");
    assertThat(server.requests()).hasSize(3);

    server.then(error(200, "AccessDenied"));
    S3Exception refusal = refusal(() -> client.copyPart("a", "b", "id", 1, Map.of()));
    assertThat(refusal.code()).isEqualTo("AccessDenied");
    assertThat(server.requests()).hasSize(4);
  }

  @Test
  void errorInTheDocument_ofACompletion_isAFailure() {
    List<UploadedPart> parts = List.of(new UploadedPart(1, "\"x\""));
    server.always(error(200, "InternalError"));
    assertThat(refusal(() -> client.completeUpload("a", "id", parts, Map.of())).code())
        .isEqualTo("InternalError");
    assertThat(server.requests()).hasSize(1 + RETRIES);

    server.then(error(200, "InvalidPart"));
    assertThat(refusal(() -> client.completeUpload("a", "id", parts, Map.of())).code())
        .isEqualTo("InvalidPart");
    assertThat(server.requests()).hasSize(2 + RETRIES);
  }

  /** The server sends blanks while it works, so that the connection stays. */
  @Test
  void blanksBeforeTheResult_areNoPartOfIt() throws IOException {
    server.always(
        answer(
            200,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n \n  \n<CompleteMultipartUploadResult>"
                + "<ETag>\"x-1\"</ETag></CompleteMultipartUploadResult>"));

    assertThat(
            client.completeUpload("a", "id", List.of(new UploadedPart(1, "\"x\"")), Map.of()).tag())
        .hasValue("\"x-1\"");
  }

  @Test
  void startedUpload_tellsHowOftenItWasAskedFor() throws IOException {
    server.then(reset());
    server.always(
        answer(
            200,
            "<InitiateMultipartUploadResult><UploadId>i</UploadId></InitiateMultipartUploadResult>"));

    assertThat(client.startUpload("key", Map.of())).isEqualTo(new StartedUpload("i", 2));
    assertThat(client.startUpload("key", Map.of())).isEqualTo(new StartedUpload("i", 1));
  }

  // Bodies

  /** Counts how often it is written. */
  private static final class CountedBody implements Body {
    private final AtomicInteger written = new AtomicInteger();
    private final int length;
    private final Call afterTheFirstPiece;

    CountedBody(int length) {
      this(length, () -> {});
    }

    CountedBody(int length, Call afterTheFirstPiece) {
      this.length = length;
      this.afterTheFirstPiece = afterTheFirstPiece;
    }

    @Override
    public long length() {
      return length;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      written.incrementAndGet();
      byte[] bytes = new byte[Math.min(length, 10_000)];
      for (int left = length; left > 0; left -= bytes.length) {
        out.write(bytes, 0, Math.min(left, bytes.length));
        afterTheFirstPiece.run();
      }
    }
  }

  @Test
  void body_isWrittenAnewForEachTry() throws IOException {
    CountedBody body = new CountedBody(100_000);
    server.then(answer(503, ""), reset());
    server.always(answer(200, "", "ETag: \"t\"", "Date: Tue, 01 Dec 2026 08:00:00 GMT"));

    StoredObject stored = put(client, body);

    assertThat(stored.tag()).hasValue("\"t\"");
    assertThat(stored.isTagMd5()).isTrue();
    assertThat(stored.date()).hasValue(Instant.parse("2026-12-01T08:00:00Z"));
    assertThat(body.written).hasValue(3);
    assertThat(server.requests()).hasSize(3).allMatch(r -> r.body.length == 100_000);
  }

  @Test
  void sourceThatCannotBeRead_isReportedAsItIs_andCutsTheConnection() throws Exception {
    SourceException failure = new SourceException(new IOException("a bad block"));
    CountDownLatch hasCome = new CountDownLatch(1);
    CountDownLatch isCut = new CountDownLatch(1);
    server.then(
        wire -> {
          hasCome.countDown();
          wire.awaitEnd();
          isCut.countDown();
        });
    CountedBody body =
        new CountedBody(
            100_000,
            () -> {
              // A reset discards data that the server has not read. So the failure waits until the
              // server has received the request.
              Uninterruptibles.awaitUninterruptibly(hasCome);
              throw failure;
            });

    assertThatThrownBy(() -> put(client, body)).isSameAs(failure);

    isCut.await();
    assertThat(body.written).hasValue(1);
    assertThat(server.requests()).hasSize(1);
    assertThat(delays).isEmpty();
    assertThat(put(client, Body.of(CONTENT))).isNotNull();
    assertThat(server.connections()).isEqualTo(2);
  }

  /** A busy server may send its error before it has read the body. */
  @Test
  void refusalBeforeTheEndOfTheBody_isSentAgain() throws IOException {
    server.then(
        wire -> {
          wire.send(head(503, 0, "Connection: close"));
          wire.end();
        });
    CountedBody body = new CountedBody(20_000_000);

    assertThat(put(client, body)).isNotNull();

    assertThat(body.written).hasValue(2);
    assertThat(server.requests()).hasSize(2);
    assertThat(server.last().body).hasSize(20_000_000);
  }

  @Test
  void permissionToSendABody_isNeverAskedFor() throws IOException {
    put(client, Body.of(CONTENT));
    client.putPart("key", "id", 1, new CountedBody(3_000_000));

    assertThat(server.requests())
        .hasSize(2)
        .allMatch(r -> r.header("expect").isEmpty())
        .allMatch(r -> r.header("transfer-encoding").isEmpty());
  }

  @Test
  void emptyBody_tellsItsLength() throws IOException {
    put(client, Body.of(new byte[0]));
    client.delete("key");

    Received put = server.requests().get(0);
    assertThat(put.header("content-length")).hasValue("0");
    assertThat(server.last().header("content-length")).isEmpty();
  }

  // Clocks

  @ParameterizedTest
  @ValueSource(ints = {-3600, 3600, 86_400 * 400})
  void wrongClock_isCorrectedAtOnce(int seconds) throws IOException {
    Step skewed = Clocks.refusing(Duration.ofSeconds(seconds), "RequestTimeTooSkewed");
    server.always(skewed);

    client.delete("key");
    assertThat(server.requests()).hasSize(2);
    assertThat(delays).isEmpty();

    client.delete("key");
    client.delete("key");
    assertThat(server.requests()).hasSize(4);
  }

  @Test
  void wrongClock_afterAnotherFailure_isCorrected() throws IOException {
    server.then(answer(503, ""));
    server.always(Clocks.refusing(Duration.ofHours(2), "RequestTimeTooSkewed"));

    client.delete("key");

    assertThat(server.requests()).hasSize(3);
    assertThat(delays).hasSize(1);
  }

  /** The answer to HEAD has no code. */
  @Test
  void wrongClock_isCorrectedForHead() throws IOException {
    server.always(Clocks.refusing(Duration.ofHours(-2), "unused"));

    client.head("key");

    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void serverWithARightClock_isNotAskedAgain() {
    server.always(
        error(403, "RequestTimeTooSkewed", "Date: " + Clocks.format(Duration.ofMinutes(1))));
    assertThat(refusal(() -> client.delete("key")).status()).isEqualTo(403);
    assertThat(server.requests()).hasSize(1);

    server.always(error(403, "RequestTimeTooSkewed", "Date: no date"));
    assertThat(refusal(() -> client.delete("key")).date()).isEmpty();
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void serverThatNeverBelievesTheClock_isAskedTwice() {
    AtomicInteger hours = new AtomicInteger();
    server.always(
        wire ->
            error(
                    403,
                    "RequestTimeTooSkewed",
                    "Date: " + Clocks.format(Duration.ofHours(hours.incrementAndGet())))
                .serve(wire));

    assertThat(refusal(() -> client.delete("key")).code()).isEqualTo("RequestTimeTooSkewed");

    assertThat(server.requests()).hasSize(2);
  }

  /** All requests that were under way are refused, and all are sent again. */
  @Test
  void wrongClock_isCorrectedForAllThreads() throws Exception {
    Clocks.Together together = new Clocks.Together(3);
    server.then(
        together.refusing(Duration.ofHours(1)),
        together.refusing(Duration.ofHours(1)),
        together.refusing(Duration.ofHours(1)));

    assertThat(together.run(() -> client.delete("key"))).isEmpty();

    assertThat(server.requests()).hasSize(6);
    assertThat(delays).isEmpty();
  }

  // Hostile answers

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<!DOCTYPE ListBucketResult><ListBucketResult/>",
        "<!DOCTYPE r [<!ENTITY x SYSTEM \"URI/secret\">]><ListBucketResult><Contents><Key>&x;"
            + "</Key></Contents></ListBucketResult>",
        "<!DOCTYPE r SYSTEM \"URI/dtd\"><ListBucketResult/>",
        "<!DOCTYPE r [<!ENTITY % p SYSTEM \"URI/p\">%p;]><ListBucketResult/>",
        "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
            + "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><ListBucketResult>&c;"
            + "</ListBucketResult>",
        "<ListBucketResult><Contents><Key>&undefined;</Key></Contents></ListBucketResult>",
        "<a/><b/>",
        "<ListBucketResult><x:Key>k</x:Key></ListBucketResult>",
        "no XML",
        ""
      })
  void hostileDocument_isRefused(String document) throws IOException {
    server.always(answer(200, document.replace("URI", server.uri().toString())));

    assertThatThrownBy(() -> client.list("", null, null, null, 10))
        .isInstanceOf(MalformedAnswerException.class);

    assertThat(server.requests())
        .hasSize(1 + RETRIES)
        .allMatch(r -> r.target.startsWith("/bucket/?"));
  }

  @Test
  void hostileErrorDocument_isNotRead() {
    server.always(
        answer(
            403,
            "<!DOCTYPE r [<!ENTITY x SYSTEM \""
                + server.uri()
                + "/secret\">]><Error><Code>&x;</Code></Error>"));

    S3Exception refusal = refusal(() -> client.delete("key"));

    assertThat(refusal.code()).isEmpty();
    assertThat(refusal.status()).isEqualTo(403);
    assertThat(server.requests()).hasSize(1);
  }

  /** An endless document must not be read to its end. */
  @ParameterizedTest
  @CsvSource({"403, true", "403, false", "200, true", "200, false"})
  void endlessDocument_isNotReadToItsEnd(int status, boolean isChunked) throws Exception {
    int expected = status == 403 ? 1 : 1 + RETRIES;
    CountDownLatch ends = new CountDownLatch(expected);
    server.always(
        wire -> {
          String chunk = "x".repeat(4096);
          try {
            wire.send(
                isChunked
                    ? "HTTP/1.1 " + status + " Because\r\nTransfer-Encoding: chunked\r\n\r\n"
                    : head(status, Long.MAX_VALUE));
            while (true) {
              wire.send(isChunked ? "1000\r\n" + chunk + "\r\n" : chunk);
            }
          } finally {
            ends.countDown();
          }
        });

    assertThatThrownBy(() -> client.list("", null, null, null, 10)).isInstanceOf(IOException.class);

    ends.await();
    assertThat(server.requests()).hasSize(expected);
  }

  @Test
  void hugeErrorDocument_isCutOff() throws IOException {
    server.then(
        answer(403, "<Error><Code>AccessDenied</Code>" + " ".repeat(1_000_000) + "</Error>"));

    S3Exception refusal = refusal(() -> client.delete("key"));

    assertThat(refusal.status()).isEqualTo(403);
    assertThat(refusal.code()).isEmpty();
    client.delete("key");
    assertThat(server.requests()).hasSize(2);
  }

  // Connections

  @ParameterizedTest
  @CsvSource({"4200, ''", "1200, 'Keep-Alive: timeout=1'"})
  void idleConnection_isNotUsedForLong(long idle, String header) throws Exception {
    server.always(header.isEmpty() ? answer(200, "") : answer(200, "", header));
    client.delete("key");
    client.delete("key");
    assertThat(server.connections()).isEqualTo(1);

    Thread.sleep(idle);
    client.delete("key");

    assertThat(server.connections()).isEqualTo(2);
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void connectionThatTheServerHasEnded_costsOneRetry() throws IOException {
    server.then(
        wire -> {
          answer(200, "").serve(wire);
          wire.end();
        });

    client.delete("key");
    client.delete("key");

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void abortedContent_isNotReadToItsEnd() throws Exception {
    CountDownLatch isCut = new CountDownLatch(1);
    server.then(
        wire -> {
          wire.send(head(200, Long.MAX_VALUE, "ETag: \"t\"") + "x".repeat(10_000));
          wire.awaitEnd();
          isCut.countDown();
        });

    ObjectReading reading = client.get("key", Optional.empty(), Optional.empty(), Optional.empty());
    assertThat(reading.info().length()).hasValue(Long.MAX_VALUE);
    assertThat(reading.content().read()).isEqualTo('x');
    reading.content().abort();

    isCut.await();
    client.delete("key");
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void contentThatIsCutOff_isAFailureOfReading() throws IOException {
    server.then(
        wire -> {
          wire.send(head(200, 100) + "x".repeat(50));
          wire.end();
        });

    try (ObjectContent content =
        client.get("key", Optional.empty(), Optional.empty(), Optional.empty()).content()) {
      assertThatThrownBy(content::readAllBytes).isInstanceOf(IOException.class);
      content.abort();
    }
    assertThat(server.requests()).hasSize(1);
  }

  // Interrupts and pace

  @Test
  void interruptedThread_sendsOnce_andNeverWaits() throws IOException {
    server.always(answer(503, ""));
    Thread.currentThread().interrupt();
    try {
      assertThat(refusal(() -> client.delete("key")).status()).isEqualTo(503);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      assertThat(server.requests()).hasSize(1);
      assertThat(delays).isEmpty();

      server.always(answer(204, ""));
      client.delete("key");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      assertThat(server.requests()).hasSize(2);
    } finally {
      boolean unused = Thread.interrupted();
    }
  }

  @Test
  void interruptDuringTheWait_endsIt() {
    server.always(answer(503, ""));
    Retries.Sleep interrupted =
        millis -> {
          throw new InterruptedException();
        };

    try (S3Client interruptedClient = new S3Client(server.settings(RETRIES), interrupted)) {
      assertThatThrownBy(() -> interruptedClient.delete("key"))
          .isExactlyInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(server.requests()).hasSize(1);
  }

  /** Counts, and lets pass little at a time. */
  private static final class CountedPace implements Pace {
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger bytes = new AtomicInteger();

    @Override
    public void request() {
      requests.incrementAndGet();
    }

    @Override
    public int take(long wanted) {
      int allowed = (int) Math.min(wanted, 77);
      bytes.addAndGet(allowed);
      return allowed;
    }
  }

  @Test
  void pace_isAskedForEachTryAndEachByte() throws IOException {
    CountedPace pace = new CountedPace();
    client.limit(pace);
    server.then(answer(503, ""));

    put(client, new CountedBody(25_001));
    client.delete("key");

    assertThat(pace.requests).hasValue(3);
    assertThat(pace.bytes).hasValue(2 * 25_001);
    assertThat(server.requests().get(1).body).hasSize(25_001);
  }
}
