package dev.mtb.cli;

import com.google.common.hash.Hashing;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mtb.cli.startup.Preload;
import dev.mtb.cli.watch.Logging;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * Makes two backups to a directory and two to a bucket, so that the launcher can have the JVM list
 * the classes that runs need and make an archive of them. The bucket is a small server on the
 * loopback interface of this machine.
 */
final class Rehearsal {
  /** Classes that a run needs only on a mount. */
  static final List<String> CLASSES =
      Preload.names(
          "dev.mtb.place: MountedBucket MountedBucket$Start ConfirmedBucket S3fsProcesses"
              + " S3fsProcesses$Candidate KnownMounts",
          "dev.mtb.store.mount: MountStore S3fsMetadata GuardedWrite WriteGate S3fsMountPoint"
              + " S3fsProcess S3fsProcess$CommandLine WriteNewObject MtimeByPath",
          // For a logger that is asked for while another thread sets logging up.
          "org.slf4j.helpers: SubstituteLogger");

  private static final String COPIED =
      "<CopyObjectResult><LastModified>2026-01-01T00:00:00.000Z</LastModified></CopyObjectResult>";

  private final Map<String, String> tags = new ConcurrentHashMap<>();

  private Rehearsal() {}

  /**
   * Rehearses.
   *
   * @param args an empty directory; what is written there stays there
   */
  public static void main(String[] args) throws Exception {
    Logging.configure(new String[0]);
    for (String name : CLASSES) {
      Class<?> unused = Class.forName(name);
    }
    Path directory = Path.of(args[0]);
    Path source = Files.createDirectories(directory.resolve("source/directory"));
    Files.writeString(source.resolve("file"), "content");
    String base = directory.resolve("source").toString();
    // The second run finds nothing to do.
    for (int i = 0; i < 2; i++) {
      run("backup", "-b", base, ".", directory.resolve("destination").toString());
    }
    // A password file that others may read is refused.
    Path passwd =
        Files.createFile(
            directory.resolve("passwd"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(passwd, "key:secret");
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer server = HttpServer.create(address, 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", new Rehearsal()::answer);
    server.start();
    String url = "--endpoint-url=http://127.0.0.1:" + server.getAddress().getPort();
    for (int i = 0; i < 2; i++) {
      Files.writeString(source.resolve("file-" + i), "more content");
      run("backup", url, "--passwd-file=" + passwd, "-b", base, ".", "s3://bucket/backup");
    }
    System.exit(0);
  }

  private static void run(String... args) {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    int code = Main.start(args, nowhere, nowhere);
    if (code != 0) {
      // Then the launcher makes no archive: one without the classes of a run is of little use.
      System.exit(code);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      Headers headers = exchange.getResponseHeaders();
      switch (exchange.getRequestMethod()) {
        case "PUT" -> {
          boolean isCopy = exchange.getRequestHeaders().containsKey("x-amz-copy-source");
          String tag = isCopy ? tags.getOrDefault(path, "") : tag(body);
          tags.put(path, tag);
          headers.add("ETag", tag);
          send(exchange, isCopy ? COPIED : "");
        }
        case "DELETE" -> {
          String unused = tags.remove(path);
          exchange.sendResponseHeaders(204, -1);
        }
        case "HEAD" -> {
          headers.add("ETag", tags.getOrDefault(path, ""));
          headers.add("x-amz-meta-mtime", "1");
          headers.add("Content-Length", "7");
          exchange.sendResponseHeaders(tags.containsKey(path) ? 200 : 404, -1);
        }
        default -> {
          boolean isList = path.equals("/bucket") || path.equals("/bucket/");
          send(exchange, isList ? list() : "");
        }
      }
    }
  }

  private static void send(HttpExchange exchange, String text) throws IOException {
    byte[] answer = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
    exchange.getResponseBody().write(answer);
  }

  @SuppressWarnings("deprecation") // S3's ETags are MD5s.
  private static String tag(byte[] body) {
    return '"' + Hashing.md5().hashBytes(body).toString() + '"';
  }

  private String list() {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    xml.append("<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>");
    tags.forEach(
        (path, tag) ->
            xml.append("<Contents><Key>")
                .append(path.substring("/bucket/".length()))
                .append("</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>")
                .append(tag.replace("\"", "&quot;"))
                .append("</ETag><Size>7</Size></Contents>"));
    return xml.append("</ListBucketResult>").toString();
  }
}
