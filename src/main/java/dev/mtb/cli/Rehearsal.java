package dev.mtb.cli;

import com.google.common.hash.Hashing;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * Goes once through what runs do, so that the launcher can have the JVM list the classes that they
 * need and make an archive of them: a backup to a folder, and one to a bucket, which stands on this
 * machine's loopback and holds what it is given for as long as this takes.
 */
final class Rehearsal {
  /** What only a mount brings in; without one it has to be named. */
  private static final String[] CLASSES = {
    "dev.mtb.place.MountedBucket",
    "dev.mtb.place.MountedBucket$Start",
    "dev.mtb.place.ConfirmedBucket",
    "dev.mtb.store.mount.S3fsDestination",
    "dev.mtb.store.mount.S3fsMetadata",
    "dev.mtb.store.mount.GuardedWrite",
    "dev.mtb.store.mount.WriteGate",
    "dev.mtb.store.mount.S3fsMountPoint",
    "dev.mtb.store.mount.S3fsProcess",
    "dev.mtb.store.mount.S3fsProcess$CommandLine",
    "dev.mtb.place.S3fsProcesses",
    "dev.mtb.place.S3fsProcesses$Candidate",
    "dev.mtb.place.KnownMounts",
    "dev.mtb.store.mount.WriteNewObject",
    "dev.mtb.store.mount.MtimeByPath",
    // For a logger that is asked for while another thread sets logging up.
    "org.slf4j.helpers.SubstituteLogger",
    // Where the process begins.
    "dev.mtb.cli.Start",
  };

  /** As every server with the format of S3 dates them. */
  private static final String DATE = "2026-01-01T00:00:00.000Z";

  private final Map<String, String> tags = new ConcurrentHashMap<>();

  private Rehearsal() {}

  /**
   * Rehearses.
   *
   * @param args an empty folder, which is left with what was written to it
   */
  public static void main(String[] args) throws Exception {
    Logging.configure(new String[0]);
    Path folder = Path.of(args[0]);
    for (String name : CLASSES) {
      Class<?> unused = Class.forName(name);
    }
    Path source = Files.createDirectories(folder.resolve("source/directory"));
    Files.writeString(source.resolve("file"), "content");
    // A password file that others may read is refused.
    Path passwd =
        Files.createFile(
            folder.resolve("passwd"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(passwd, "key:secret");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    Rehearsal bucket = new Rehearsal();
    server.createContext("/", bucket::answer);
    server.start();
    String base = folder.resolve("source").toString();
    // Once to copy, once to find nothing to do.
    for (int i = 0; i < 2; i++) {
      run("backup", "-b", base, ".", folder.resolve("destination").toString());
    }
    String url = "http://127.0.0.1:" + server.getAddress().getPort();
    for (int i = 0; i < 2; i++) {
      Files.writeString(source.resolve("file-" + i), "more content");
      run(
          "backup",
          "--endpoint-url",
          url,
          "--passwd-file",
          passwd.toString(),
          "-b",
          base,
          ".",
          "s3://bucket/backup");
    }
    System.exit(0);
  }

  private static void run(String... args) {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    int code = Main.start(args, nowhere, nowhere);
    if (code != 0) {
      // The launcher makes no archive then: one without the classes of a run is of little use.
      System.exit(code);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      boolean isList = path.equals("/bucket") || path.equals("/bucket/");
      switch (exchange.getRequestMethod()) {
        case "PUT" -> {
          tags.put(path, tag(body));
          exchange.getResponseHeaders().add("ETag", tag(body));
          exchange.sendResponseHeaders(200, -1);
        }
        case "DELETE" -> {
          String unused = tags.remove(path);
          exchange.sendResponseHeaders(204, -1);
        }
        case "HEAD" -> {
          exchange.getResponseHeaders().add("ETag", tags.getOrDefault(path, ""));
          exchange.getResponseHeaders().add("x-amz-meta-mtime", "1");
          exchange.getResponseHeaders().add("Content-Length", "7");
          exchange.sendResponseHeaders(tags.containsKey(path) ? 200 : 404, -1);
        }
        default -> {
          byte[] answer = (isList ? list() : "").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
        }
      }
    }
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
                .append("</Key><LastModified>" + DATE + "</LastModified><ETag>")
                .append(tag.replace("\"", "&quot;"))
                .append("</ETag><Size>7</Size></Contents>"));
    return xml.append("</ListBucketResult>").toString();
  }
}
