package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mtb.model.DigestAlgorithm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An S3 server with one bucket that keeps versions as the Amazon S3 API reference and user guide
 * say ("ListObjectVersions", "Working with delete markers"): newest first, delete markers among
 * them, times in whole seconds. In memory; no signature is checked, and there are no uploads in
 * parts. S3Proxy keeps no versions; S3Mock lists deleted objects, and gives a delete marker the
 * time of what it deletes. Thread-safe.
 */
public final class VersionedS3 implements AutoCloseable {
  private static final Pattern DELETED = Pattern.compile("<Key>([^<]*)</Key>");

  /** A version; without content it is a delete marker. */
  private record Version(
      String id, Optional<byte[]> content, Map<String, String> headers, Instant stored) {
    String tag() {
      return "\""
          + HexFormat.of().formatHex(DigestAlgorithm.MD5.start().digest(content.get()))
          + "\"";
    }
  }

  private final HttpServer server;
  private final ExecutorService pool = Executors.newCachedThreadPool();

  /** By the bytes of their keys; the versions of each from the oldest to the newest. */
  private final NavigableMap<String, List<Version>> objects =
      new TreeMap<>(Comparator.comparing(key -> key.getBytes(UTF_8), Arrays::compareUnsigned));

  private long made;
  private volatile String versioning = "";
  private volatile Optional<String> lifecycle = Optional.empty();
  private volatile int pageSize = 1000;
  private volatile boolean hasBareTags;

  private VersionedS3(HttpServer server) {
    this.server = server;
  }

  /** Starts one on a free port of 127.0.0.1, without versioning. */
  public static VersionedS3 start() throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    VersionedS3 s3 = new VersionedS3(HttpServer.create(new InetSocketAddress(loopback, 0), 1024));
    s3.server.setExecutor(s3.pool);
    s3.server.createContext("/", s3::serve);
    s3.server.start();
    return s3;
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** {@code Enabled}, {@code Suspended}, or empty as before versioning was first turned on. */
  public void setVersioning(String status) {
    versioning = status;
  }

  /** The rules, as XML; empty for none. */
  public void setLifecycle(String rules) {
    lifecycle = Optional.of(rules).filter(r -> !r.isEmpty());
  }

  /** How many versions or keys a page of a list has at most. */
  public void setPageSize(int size) {
    pageSize = size;
  }

  /** From now on a tag in {@code If-Match} counts without quotation marks only, as in Ceph 16. */
  public void setBareTags() {
    hasBareTags = true;
  }

  private Optional<Version> current(String key) {
    List<Version> versions = objects.getOrDefault(key, List.of());
    return versions.isEmpty() || versions.get(versions.size() - 1).content().isEmpty()
        ? Optional.empty()
        : Optional.of(versions.get(versions.size() - 1));
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getRawPath();
      int slash = path.indexOf('/', 1);
      String key = slash < 0 ? "" : decoded(path.substring(slash + 1));
      Map<String, String> query = new HashMap<>();
      String raw = exchange.getRequestURI().getRawQuery();
      for (String part : raw == null ? new String[0] : raw.split("&", -1)) {
        String[] words = part.split("=", 2);
        query.put(decoded(words[0]), words.length == 1 ? "" : decoded(words[1]));
      }
      synchronized (this) {
        if (key.isEmpty()) {
          ofBucket(exchange, query, new String(body, UTF_8));
        } else {
          ofObject(exchange, key, query, body);
        }
      }
    }
  }

  private void ofBucket(HttpExchange exchange, Map<String, String> query, String body)
      throws IOException {
    if (query.containsKey("versioning")) {
      send(
          exchange,
          200,
          "<VersioningConfiguration>"
              + element("Status", versioning)
              + "</VersioningConfiguration>");
    } else if (query.containsKey("lifecycle")) {
      send(
          exchange,
          lifecycle.isPresent() ? 200 : 404,
          lifecycle
              .map(rules -> "<LifecycleConfiguration>" + rules + "</LifecycleConfiguration>")
              .orElse("<Error><Code>NoSuchLifecycleConfiguration</Code></Error>"));
    } else if (query.containsKey("delete")) {
      Matcher matcher = DELETED.matcher(body);
      while (matcher.find()) {
        delete(unescaped(matcher.group(1)));
      }
      send(exchange, 200, "<DeleteResult/>");
    } else if (query.containsKey("versions")) {
      send(exchange, 200, versions(query));
    } else {
      send(exchange, 200, list(query));
    }
  }

  private static String unescaped(String xml) {
    Matcher number = Pattern.compile("&#(\\d+);").matcher(xml);
    return number
        .replaceAll(m -> Matcher.quoteReplacement(Character.toString(Integer.parseInt(m.group(1)))))
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
  }

  private void ofObject(HttpExchange exchange, String key, Map<String, String> query, byte[] body)
      throws IOException {
    switch (exchange.getRequestMethod()) {
      case "PUT" -> put(exchange, key, body);
      case "DELETE" -> {
        delete(key);
        exchange.sendResponseHeaders(204, -1);
      }
      default -> read(exchange, key, Optional.ofNullable(query.get("versionId")));
    }
  }

  private boolean isRefused(HttpExchange exchange, String key) {
    Optional<String> tag =
        current(key).map(Version::tag).map(t -> hasBareTags ? t.replace("\"", "") : t);
    String wanted = exchange.getRequestHeaders().getFirst("If-Match");
    return (tag.isPresent() && exchange.getRequestHeaders().containsKey("If-None-Match"))
        || (wanted != null && !tag.equals(Optional.of(wanted)));
  }

  private void put(HttpExchange exchange, String key, byte[] body) throws IOException {
    if (isRefused(exchange, key)) {
      send(exchange, 412, "<Error><Code>PreconditionFailed</Code></Error>");
      return;
    }
    Map<String, String> headers = new HashMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              if (lower.startsWith("x-amz-meta-") || lower.equals("content-type")) {
                headers.put(lower, values.get(0));
              }
            });
    String from = exchange.getRequestHeaders().getFirst("x-amz-copy-source");
    byte[] content = body;
    if (from != null) {
      String source = decoded(from).replaceFirst("^/?[^/]*/", "");
      content = current(source).orElseThrow().content().get();
      if (!"REPLACE".equals(exchange.getRequestHeaders().getFirst("x-amz-metadata-directive"))) {
        headers.putAll(current(source).get().headers());
      }
    }
    Version version = add(key, Optional.of(content), headers);
    exchange.getResponseHeaders().set("ETag", version.tag());
    send(
        exchange,
        200,
        from == null
            ? ""
            : "<CopyObjectResult>" + element("ETag", version.tag()) + "</CopyObjectResult>");
  }

  private void delete(String key) {
    if (!versioning.isEmpty()) {
      Version unused = add(key, Optional.empty(), Map.of());
    } else {
      objects.remove(key);
    }
  }

  private Version add(String key, Optional<byte[]> content, Map<String, String> headers) {
    List<Version> versions = objects.computeIfAbsent(key, k -> new ArrayList<>());
    String id = versioning.equals("Enabled") ? "id." + Long.toString(++made * 7919, 36) : "null";
    if (id.equals("null")) {
      versions.removeIf(version -> version.id().equals("null"));
    }
    Version version =
        new Version(id, content, headers, Instant.now().truncatedTo(ChronoUnit.SECONDS));
    versions.add(version);
    return version;
  }

  private void read(HttpExchange exchange, String key, Optional<String> id) throws IOException {
    Optional<Version> found =
        id.isEmpty()
            ? current(key)
            : objects.getOrDefault(key, List.of()).stream()
                .filter(version -> version.id().equals(id.get()) && version.content().isPresent())
                .findFirst();
    boolean isHead = exchange.getRequestMethod().equals("HEAD");
    if (found.isEmpty()) {
      send(exchange, 404, isHead ? "" : "<Error><Code>NoSuchKey</Code></Error>");
      return;
    }
    byte[] content = found.get().content().get();
    String range = exchange.getRequestHeaders().getFirst("Range");
    if (range != null) {
      String[] ends = range.substring("bytes=".length()).split("-", -1);
      content =
          Arrays.copyOfRange(content, Integer.parseInt(ends[0]), 1 + Integer.parseInt(ends[1]));
    }
    var headers = exchange.getResponseHeaders();
    found.get().headers().forEach(headers::set);
    headers.set("ETag", found.get().tag());
    headers.set(
        "Last-Modified",
        DateTimeFormatter.RFC_1123_DATE_TIME.format(found.get().stored().atOffset(ZoneOffset.UTC)));
    if (isHead) {
      headers.set("Content-Length", Integer.toString(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else {
      exchange.sendResponseHeaders(
          range == null ? 200 : 206, content.length == 0 ? -1 : content.length);
      exchange.getResponseBody().write(content);
    }
  }

  private String versions(Map<String, String> query) {
    String prefix = query.getOrDefault("prefix", "");
    String keyMarker = query.getOrDefault("key-marker", "");
    String versionMarker = query.getOrDefault("version-id-marker", "");
    StringBuilder xml = new StringBuilder();
    int count = 0;
    String lastKey = "";
    String lastId = "";
    boolean isTruncated = false;
    for (String key : objects.tailMap(keyMarker, !versionMarker.isEmpty()).keySet()) {
      List<Version> versions = objects.get(key);
      boolean isBehindMarker = !key.equals(keyMarker);
      for (int i = versions.size() - 1; i >= 0 && key.startsWith(prefix) && !isTruncated; i--) {
        Version version = versions.get(i);
        if (isBehindMarker
            && count
                == Math.min(pageSize, Integer.parseInt(query.getOrDefault("max-keys", "1000")))) {
          isTruncated = true;
        } else if (isBehindMarker) {
          count++;
          lastKey = key;
          lastId = version.id();
          xml.append(version(key, version, i == versions.size() - 1));
        }
        isBehindMarker |= version.id().equals(versionMarker);
      }
    }
    return "<ListVersionsResult><EncodingType>url</EncodingType>"
        + element("IsTruncated", Boolean.toString(isTruncated))
        + (isTruncated
            ? element("NextKeyMarker", encoded(lastKey)) + element("NextVersionIdMarker", lastId)
            : "")
        + xml
        + "</ListVersionsResult>";
  }

  private static String version(String key, Version version, boolean isLatest) {
    String common =
        element("Key", encoded(key))
            + element("VersionId", version.id())
            + element("IsLatest", Boolean.toString(isLatest))
            + element("LastModified", version.stored().toString());
    return version.content().isEmpty()
        ? "<DeleteMarker>" + common + "</DeleteMarker>"
        : "<Version>" + common + content(version) + "</Version>";
  }

  private static String content(Version version) {
    return element("Size", Integer.toString(version.content().get().length))
        + element("ETag", version.tag());
  }

  private String list(Map<String, String> query) {
    String prefix = query.getOrDefault("prefix", "");
    String delimiter = query.getOrDefault("delimiter", "");
    String after =
        query.getOrDefault(
            "continuation-token",
            query.getOrDefault("start-after", query.getOrDefault("marker", "")));
    boolean isEncoded = query.containsKey("encoding-type");
    StringBuilder xml = new StringBuilder();
    int count = 0;
    String last = "";
    boolean isTruncated = false;
    for (String key : objects.tailMap(after, false).keySet()) {
      int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
      String common = end < 0 ? "" : key.substring(0, end + 1);
      boolean isNamed = !common.isEmpty() && (last.startsWith(common) || after.startsWith(common));
      if (!key.startsWith(prefix) || current(key).isEmpty() || isNamed) {
        continue;
      }
      if (count == pageSize) {
        isTruncated = true;
        break;
      }
      count++;
      last = key;
      String shown = common.isEmpty() ? key : common;
      String name = isEncoded ? encoded(shown) : escaped(shown);
      xml.append(
          common.isEmpty()
              ? "<Contents>"
                  + element("Key", name)
                  + element("LastModified", current(key).get().stored().toString())
                  + content(current(key).get())
                  + "</Contents>"
              : "<CommonPrefixes>" + element("Prefix", name) + "</CommonPrefixes>");
    }
    return "<ListBucketResult>"
        + (isEncoded ? element("EncodingType", "url") : "")
        + element("IsTruncated", Boolean.toString(isTruncated))
        + (isTruncated ? element("NextContinuationToken", escaped(last)) : "")
        + xml
        + "</ListBucketResult>";
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String element(String name, String text) {
    return text.isEmpty() ? "" : "<" + name + ">" + text + "</" + name + ">";
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  /** A plus is a plus in what MTB and s3fs send. */
  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
  }

  private static void send(HttpExchange exchange, int status, String xml) throws IOException {
    byte[] bytes = xml.getBytes(UTF_8);
    boolean isEmpty = bytes.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, isEmpty ? -1 : bytes.length);
    if (!isEmpty) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    pool.shutdownNow();
  }
}
