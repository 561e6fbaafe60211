package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restores from a hostile bucket: its objects and its server's answers are made to do harm. */
class HostileBucketRestoreTest {
  private static final String FILE = "33188";
  private static final String LINK = "41471";

  @TempDir Path temp;
  private Path target;

  /**
   * The contents and modes of the objects. A map stands for the server, since real servers refuse
   * such keys.
   */
  private final Map<String, byte[]> contents = new ConcurrentSkipListMap<>();

  private final Map<String, String> modes = new ConcurrentSkipListMap<>();
  private final List<String> gets = new CopyOnWriteArrayList<>();
  private volatile boolean ignoresRanges;
  private final AtomicInteger cutOff = new AtomicInteger();
  private volatile boolean cutsAll;
  private HttpServer server;
  private ExecutorService threads;

  @BeforeEach
  void start() throws Exception {
    target = Files.createDirectory(temp.resolve("target"));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads = Executors.newCachedThreadPool();
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
    Secrets.write(temp.resolve("passwd"), "key:secret");
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void put(String key, String mode, byte[] content) {
    contents.put(key, content);
    modes.put(key, mode);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path =
          URLDecoder.decode(exchange.getRequestURI().getRawPath().replace("+", "%2B"), UTF_8);
      String key = path.substring(Math.min(path.length(), "/bucket/".length()));
      String query = exchange.getRequestURI().getRawQuery();
      if (query != null && query.contains("list-type")) {
        send(exchange, 200, list(query).getBytes(UTF_8));
        return;
      }
      byte[] content = contents.get(key);
      if (content == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      exchange.getResponseHeaders().add("ETag", '"' + "0".repeat(32) + '"');
      exchange.getResponseHeaders().add("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
      exchange.getResponseHeaders().add("x-amz-meta-mode", modes.get(key));
      exchange.getResponseHeaders().add("x-amz-meta-mtime", "1600000000");
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().add("Content-Length", Integer.toString(content.length));
        exchange.sendResponseHeaders(200, -1);
        return;
      }
      String range = exchange.getRequestHeaders().getFirst("Range");
      gets.add(key + " " + range);
      if (range == null || ignoresRanges) {
        send(exchange, 200, content);
      } else {
        String[] ends = range.substring("bytes=".length()).split("-", -1);
        int end = Integer.parseInt(ends[1]) + 1;
        send(exchange, 206, Arrays.copyOfRange(content, Integer.parseInt(ends[0]), end));
      }
    }
  }

  /** Sends the whole body, or a part of it and then cuts the connection. */
  private void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    boolean isCut = body.length > 100_000 && cutOff.getAndDecrement() > 0;
    exchange
        .getResponseBody()
        .write(body, 0, isCut ? (cutsAll ? 0 : body.length / 2) : body.length);
  }

  private String list(String query) {
    Map<String, String> words = new TreeMap<>();
    for (String word : query.split("&", -1)) {
      String[] pair = word.split("=", 2);
      words.put(pair[0], URLDecoder.decode(pair[1], UTF_8));
    }
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    xml.append(
        "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>");
    contents.forEach(
        (key, content) -> {
          if (key.startsWith(words.get("prefix"))) {
            xml.append("<Contents><Key>")
                .append(URLEncoder.encode(key, UTF_8))
                .append("</Key><Size>")
                .append(content.length)
                .append("</Size></Contents>");
          }
        });
    return xml.append("</ListBucketResult>").toString();
  }

  private BackupReport restore(String... paths) {
    RestoreJob.Builder job =
        RestoreJob.builder()
            .from(S3Location.parse("s3://bucket/p"))
            .to(target)
            .options(
                BackupOptions.builder()
                    .threads(2)
                    .waiting(w -> w.withRetries(1))
                    .stateDirectory(temp.resolve("state"))
                    .connection(
                        c ->
                            c.withEndpoint(
                                    URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                                .withPasswdFile(temp.resolve("passwd")))
                    .build());
    for (String path : paths) {
      job.path(Path.of(path));
    }
    return Mtb.restore(job.build(), BackupListener.NONE);
  }

  private List<String> restored() throws IOException {
    try (Stream<Path> all = Files.walk(target)) {
      return all.filter(f -> !Files.isDirectory(f, LinkOption.NOFOLLOW_LINKS))
          .map(f -> target.relativize(f).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void keysThatAreNoPaths_areNotRestored() throws Exception {
    byte[] evil = "evil".getBytes(UTF_8);
    for (String key :
        List.of(
            "p/../escaped",
            "p/../../escaped",
            "p/a/../../../escaped",
            "p/a/../escaped",
            "p/./dot",
            "p/a/..",
            "p//empty",
            "p/a//empty",
            "p/nul\0name")) {
      put(key, FILE, evil);
    }
    put("p/a/good", FILE, "good".getBytes(UTF_8));
    put("p/..good", FILE, "good".getBytes(UTF_8));
    BackupReport report = restore();
    assertThat(report.failures()).isEmpty();
    assertThat(restored()).containsExactly("..good", "a/good");
    try (Stream<Path> beside = Files.list(temp)) {
      assertThat(beside.map(f -> f.getFileName().toString()))
          .containsOnly("target", "passwd", "state");
    }
  }

  @Test
  void keyBelowALink_isNotWrittenThroughTheLink() throws Exception {
    Path outside = Files.createDirectory(temp.resolve("outside"));
    put("p/link", LINK, outside.toString().getBytes(UTF_8));
    put("p/link/file", FILE, "evil".getBytes(UTF_8));
    BackupReport whole = restore();
    assertThat(outside).isEmptyDirectory();
    assertThat(Files.readSymbolicLink(target.resolve("link"))).isEqualTo(outside);
    assertThat(whole.exitCode()).isZero();
    BackupReport part = restore("link/file");
    assertThat(outside).isEmptyDirectory();
    assertThat(part.exitCode()).isEqualTo(23);
  }

  @Test
  void linksWithoutUsableTarget_areFailures() throws Exception {
    put("p/none", LINK, new byte[0]);
    put("p/nul", LINK, "a\0b".getBytes(UTF_8));
    put("p/endless", LINK, new byte[5000]);
    put("p/good", LINK, "x/".getBytes(UTF_8));
    BackupReport report = restore();
    assertThat(report.exitCode()).isEqualTo(23);
    List<String> failed = new ArrayList<>();
    report.failures().forEach(f -> failed.add(f.path().toString()));
    assertThat(failed).containsExactlyInAnyOrder("none", "nul", "endless");
    assertThat(Files.readSymbolicLink(target.resolve("good")).toString()).isEqualTo("x/");
  }

  @Test
  void answerThatIsCutOff_isContinuedFromThere() throws Exception {
    byte[] content = RandomTree.bytes(1, 1_000_000);
    put("p/f", FILE, content);
    cutOff.set(1);
    assertThat(restore().failures()).isEmpty();
    assertThat(target.resolve("f")).hasBinaryContent(content);
    assertThat(gets).hasSize(2);
    assertThat(gets.get(0)).isEqualTo("p/f null");
    assertThat(gets.get(1)).matches("p/f bytes=[0-9]{6}-999999");
  }

  @Test
  void answersThatAreAlwaysCutOff_areAFailure_andNothingIsLeft() throws Exception {
    put("p/f", FILE, RandomTree.bytes(1, 1_000_000));
    put("p/good", FILE, "good".getBytes(UTF_8));
    cutOff.set(Integer.MAX_VALUE);
    cutsAll = true;
    BackupReport report = restore();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(restored()).containsExactly("good");
  }

  @Test
  void serverThatKnowsNoRanges_neverMixesParts() throws Exception {
    ignoresRanges = true;
    put("p/f", FILE, RandomTree.bytes(1, 20_000_000));
    BackupReport report = restore();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error()).contains("bytes instead of");
    assertThat(restored()).isEmpty();
  }
}
