package dev.mtb.testing;

import static dev.mtb.testing.CountingProxy.Kind.COPY;
import static dev.mtb.testing.CountingProxy.Kind.DELETE;
import static dev.mtb.testing.CountingProxy.Kind.GET;
import static dev.mtb.testing.CountingProxy.Kind.HEAD;
import static dev.mtb.testing.CountingProxy.Kind.LIST;
import static dev.mtb.testing.CountingProxy.Kind.OTHER;
import static dev.mtb.testing.CountingProxy.Kind.POST;
import static dev.mtb.testing.CountingProxy.Kind.PUT;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Fault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CountingProxyTest {
  private final ExecutorService serverThreads = Executors.newCachedThreadPool();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private HttpServer server;
  private CountingProxy proxy;

  @BeforeEach
  void start() throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    server = HttpServer.create(new InetSocketAddress(loopback, 0), 1024);
    server.setExecutor(serverThreads);
    server.createContext("/", CountingProxyTest::echo);
    server.start();
    proxy = CountingProxy.start(server.getAddress().getPort());
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.stop(0);
    serverThreads.shutdownNow();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /bucket/key, false, GET",
    "GET, /bucket/folder/key?versionId=1, false, GET",
    "GET, /bucket, false, LIST",
    "GET, /bucket/, false, LIST",
    "GET, /bucket/?delimiter=/&max-keys=2&prefix=a/, false, LIST",
    "GET, /?list-type=2, false, LIST",
    "GET, /, false, GET",
    "HEAD, /bucket, false, HEAD",
    "PUT, /bucket/key, false, PUT",
    "PUT, /bucket/key, true, COPY",
    "POST, /bucket/key?uploads, false, POST",
    "DELETE, /bucket/key, false, DELETE",
    "OPTIONS, /bucket/key, false, OTHER",
  })
  void kindFollowsFromTheRequest(
      String method, String target, boolean copySource, CountingProxy.Kind kind) {
    assertThat(CountingProxy.Kind.of(method, target, copySource)).isEqualTo(kind);
  }

  @Test
  void everyKindOfMessageIsCountedAndLeftUnchanged() throws Exception {
    byte[] content = RandomTree.bytes(1, 300_000);

    assertThat(send("PUT", "/b/length", BodyPublishers.ofByteArray(content)).body())
        .isEqualTo(content);
    assertThat(send("PUT", "/b/chunked", chunked(content)).body()).isEqualTo(content);
    assertThat(send("POST", "/b/empty", BodyPublishers.noBody()).body()).isEmpty();
    assertThat(send("HEAD", "/b/head", BodyPublishers.noBody()).statusCode()).isEqualTo(200);
    assertThat(send("DELETE", "/b/204", BodyPublishers.noBody()).statusCode()).isEqualTo(204);
    assertThat(send("GET", "/b", BodyPublishers.noBody()).statusCode()).isEqualTo(200);
    assertThat(
            client
                .send(
                    request("PUT", "/b/expect", BodyPublishers.ofByteArray(content))
                        .expectContinue(true)
                        .header("x-amz-copy-source", "/b/from")
                        .build(),
                    BodyHandlers.ofByteArray())
                .body())
        .isEqualTo(content);

    assertThat(proxy.snapshot())
        .isEqualTo(
            new Counts(
                Map.of(PUT, 2L, COPY, 1L, POST, 1L, HEAD, 1L, DELETE, 1L, LIST, 1L),
                3L * content.length,
                3L * content.length));
    assertThat(proxy.recentRequests())
        .startsWith("PUT /b/length 200", "PUT /b/chunked 200", "POST /b/empty 200")
        .contains("DELETE /b/204 204");
  }

  @Test
  void manyConnectionsShareTheLatency() throws Exception {
    send("GET", "/b/warm-up", BodyPublishers.noBody());
    proxy.reset();
    proxy.setRoundTrip(Duration.ofMillis(500));
    long start = System.nanoTime();

    List<CompletableFuture<HttpResponse<byte[]>>> responses = new ArrayList<>();
    for (int i = 0; i < 128; i++) {
      HttpRequest request = request("GET", "/b/" + i, BodyPublishers.noBody()).build();
      responses.add(client.sendAsync(request, BodyHandlers.ofByteArray()));
    }
    responses.forEach(CompletableFuture::join);

    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
    // One after another they would take 64 s; a loaded machine may take some seconds.
    assertThat(elapsed).isBetween(Duration.ofMillis(500), Duration.ofSeconds(32));
    assertThat(proxy.snapshot().requests()).isEqualTo(Map.of(GET, 128L));
  }

  @Test
  void anInjectedAnswerDoesNotReachTheServer() throws Exception {
    proxy.setFault(
        (method, path, sequence) -> sequence <= 3 ? Fault.Action.answer(503) : Fault.Action.pass());
    byte[] content = new byte[100_000];

    assertThat(send("PUT", "/b/1", BodyPublishers.ofByteArray(content)).statusCode())
        .isEqualTo(503);
    assertThat(send("HEAD", "/b/2", BodyPublishers.noBody()).statusCode()).isEqualTo(503);
    // The request is written by hand, since the client of JDK 17 waits for "100 Continue" without
    // end, even if another answer comes.
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
      String head = "PUT /b/3 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
          .startsWith("HTTP/1.1 503 ")
          .contains("\r\nConnection: close\r\n");
    }
    assertThat(send("PUT", "/b/4", BodyPublishers.ofByteArray(content)).body()).isEqualTo(content);

    assertThat(proxy.recentRequests())
        .containsExactly("PUT /b/1 503", "HEAD /b/2 503", "PUT /b/3 503", "PUT /b/4 200");
  }

  @Test
  void aResetIsSeenByTheClient() {
    proxy.setFault((method, path, sequence) -> Fault.Action.reset());
    assertThatIOException()
        .isThrownBy(() -> send("PUT", "/b/k", BodyPublishers.ofString("content")));
    assertThat(proxy.recentRequests()).first().isEqualTo("PUT /b/k -");

    proxy.reset();
    proxy.setFault((method, path, sequence) -> Fault.Action.loseResponse());
    assertThatIOException()
        .isThrownBy(() -> send("PUT", "/b/k", BodyPublishers.ofString("content")));
    assertThat(proxy.recentRequests()).first().isEqualTo("PUT /b/k 200");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut request", "cut response", "truncated response"})
  void aBodyIsCutOff(String how) throws Exception {
    Fault.Action action =
        switch (how) {
          case "cut request" -> Fault.Action.cutRequest(70_000);
          case "cut response" -> Fault.Action.cutResponse(70_000);
          default -> Fault.Action.truncateResponse(70_000);
        };
    proxy.setFault((method, path, sequence) -> action);
    byte[] content = RandomTree.bytes(1, 300_000);
    assertThatIOException()
        .isThrownBy(() -> send("PUT", "/b/k", BodyPublishers.ofByteArray(content)));
    // A body that is not longer than that passes whole.
    byte[] shorter = RandomTree.bytes(1, 70_000);
    assertThat(send("PUT", "/b/k", BodyPublishers.ofByteArray(shorter)).body()).isEqualTo(shorter);
  }

  @Test
  void tagsAreWrong_andEverythingElseIsRight() throws Exception {
    String tag = "0123456789abcdef0123456789abcdef";
    String wrong = "fedcba9876543210fedcba9876543210";
    proxy.setFault((method, path, sequence) -> Fault.Action.wrongTags());
    String list = "<ETag>&quot;%s-3&quot;</ETag><Key>%s</Key>";
    assertThat(send("PUT", "/b/k", BodyPublishers.ofString(list.formatted(tag, tag))).body())
        .asString(US_ASCII)
        .isEqualTo(list.formatted(wrong, tag));
    assertThat(Tags.wrong(("ETag: \"" + tag + "\"\r\n").getBytes(US_ASCII)))
        .asString(US_ASCII)
        .isEqualTo("ETag: \"" + wrong + "\"\r\n");
    assertThat(Tags.empty("<a><ETag>\"1-2\"</ETag></a>".getBytes(US_ASCII)))
        .asString(US_ASCII)
        .isEqualTo("<a><ETag></ETag>     </a>");
  }

  @Test
  void aPlanOfFaults_isTheSameForTheSameSeed_andAims() {
    List<List<Fault.Action>> runs = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      Faults faults =
          Faults.seeded(7)
              .nth(2, "PUT", ".*/aimed", Fault.Action.reset())
              .randomly(0.3, Fault.Action.answer(500));
      List<Fault.Action> actions = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        actions.add(faults.onRequest("GET", "/b/" + i, i));
      }
      assertThat(faults.injected()).isBetween(200L, 400L);
      runs.add(actions);
    }
    assertThat(runs.get(0)).isEqualTo(runs.get(1)).contains(Fault.Action.pass());
    Faults aimed = Faults.seeded(1).nth(2, "PUT", ".*/aimed", Fault.Action.reset());
    assertThat(aimed.onRequest("PUT", "/b/aimed", 1)).isEqualTo(Fault.Action.pass());
    assertThat(aimed.onRequest("GET", "/b/aimed", 2)).isEqualTo(Fault.Action.pass());
    assertThat(aimed.onRequest("PUT", "/b/aimed", 3)).isEqualTo(Fault.Action.reset());
    assertThat(aimed.onRequest("PUT", "/b/aimed", 4)).isEqualTo(Fault.Action.pass());
  }

  @Test
  void anObjectIsMissingAfterAnError_once() {
    Faults faults = Faults.seeded(1).missingAfterError(1);
    assertThat(faults.onRequest("GET", "/b/k", 1)).isEqualTo(Fault.Action.pass());
    assertThat(faults.onRequest("HEAD", "/b/k", 2)).isEqualTo(Fault.Action.answer(500));
    assertThat(faults.onRequest("HEAD", "/b/k", 3)).isEqualTo(Fault.Action.answer(404));
    assertThat(faults.onRequest("HEAD", "/b/k", 4)).isEqualTo(Fault.Action.pass());
  }

  @Test
  void aStallDelaysOneRequest() throws Exception {
    proxy.setFault(
        (method, path, sequence) ->
            path.equals("/b/slow")
                ? Fault.Action.stall(Duration.ofMillis(400))
                : Fault.Action.pass());

    CompletableFuture<HttpResponse<byte[]>> slow =
        client.sendAsync(
            request("GET", "/b/slow", BodyPublishers.noBody()).build(), BodyHandlers.ofByteArray());
    send("GET", "/b/fast", BodyPublishers.noBody());

    assertThat(slow).isNotDone();
    proxy.awaitQuiet(Duration.ofMillis(50), Duration.ofSeconds(10));
    assertThat(slow.join().statusCode()).isEqualTo(200);
  }

  @Test
  void countsAreSubtractedAndReadable() {
    Counts earlier = new Counts(Map.of(GET, 1L, OTHER, 0L), 10, 0);
    Counts later = new Counts(Map.of(GET, 1L, PUT, 2L), 1_500, 7);

    assertThat(later.minus(earlier)).isEqualTo(new Counts(Map.of(PUT, 2L), 1_490, 7));
    assertThat(later.minus(earlier).of(GET)).isZero();
    assertThat(later.minus(earlier))
        .hasToString("2 requests (PUT 2), 1,490 bytes up, 7 bytes down");
  }

  private HttpResponse<byte[]> send(String method, String path, BodyPublisher body)
      throws IOException, InterruptedException {
    return client.send(request(method, path, body).build(), BodyHandlers.ofByteArray());
  }

  private HttpRequest.Builder request(String method, String path, BodyPublisher body) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + path))
        .timeout(Duration.ofSeconds(20))
        .method(method, body);
  }

  private static BodyPublisher chunked(byte[] content) {
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(content));
  }

  /** Sends the body back; chunked if the path says so. */
  private static void echo(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("Content-Length", "12345");
        exchange.sendResponseHeaders(200, -1);
      } else if (path.endsWith("204")) {
        exchange.sendResponseHeaders(204, -1);
      } else if (path.endsWith("chunked")) {
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(body);
      } else {
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
      }
    }
  }
}
