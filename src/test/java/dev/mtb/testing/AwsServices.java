package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A simulation of the services of AWS that give credentials: STS, SSO, and those of a container and
 * of an instance (with tokens, IMDSv2). Each answer has other credentials: the access key ends in
 * the number of the answer. Thread-safe.
 */
public final class AwsServices implements AutoCloseable {
  private final HttpServer server;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger answers = new AtomicInteger();
  private volatile Duration firstLifetime = Duration.ofHours(1);
  private volatile boolean isSsoExpired;

  private AwsServices(HttpServer server) {
    this.server = server;
  }

  /** Starts them on one port of 127.0.0.1. */
  public static AwsServices start() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AwsServices services = new AwsServices(server);
    server.createContext("/", services::serve);
    server.start();
    return services;
  }

  /** Where they are. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Each request as method, path, and body. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** Sets how long the first credentials are valid; later ones are valid for an hour. */
  public void setFirstLifetime(Duration lifetime) {
    firstLifetime = lifetime;
  }

  /** Makes SSO refuse the token of the user. */
  public void expireSso() {
    isSsoExpired = true;
  }

  private void serve(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    String path = exchange.getRequestURI().toString();
    requests.add(exchange.getRequestMethod() + " " + path + " " + body);
    boolean hasToken =
        "imds".equals(exchange.getRequestHeaders().getFirst("x-aws-ec2-metadata-token"));
    if (body.contains("Action=AssumeRole")) {
      String action = body.contains("WithWebIdentity") ? "AssumeRoleWithWebIdentity" : "AssumeRole";
      answer(exchange, 200, "text/xml", sts(action));
    } else if (path.startsWith("/federation/credentials")) {
      if (isSsoExpired) {
        answer(exchange, 401, "application/json", "{\"message\":\"Session token not found\"}");
      } else {
        answer(exchange, 200, "application/json", sso());
      }
    } else if (path.equals("/container")) {
      answer(exchange, 200, "application/json", json("container"));
    } else if (path.equals("/latest/api/token") && exchange.getRequestMethod().equals("PUT")) {
      exchange.getResponseHeaders().set("x-aws-ec2-metadata-token-ttl-seconds", "21600");
      answer(exchange, 200, "text/plain", "imds");
    } else if (path.equals("/latest/meta-data/iam/security-credentials/") && hasToken) {
      answer(exchange, 200, "text/plain", "the-role");
    } else if (path.equals("/latest/meta-data/iam/security-credentials/the-role") && hasToken) {
      answer(exchange, 200, "application/json", json("instance"));
    } else {
      answer(exchange, hasToken ? 404 : 401, "text/plain", "");
    }
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private Instant expiration() {
    Duration lifetime = answers.get() == 1 ? firstLifetime : Duration.ofHours(1);
    return Instant.now().plus(lifetime).truncatedTo(ChronoUnit.SECONDS);
  }

  private String sts(String action) {
    int number = answers.incrementAndGet();
    return "<%1$sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%1$sResult><Credentials>"
            .formatted(action)
        + "<AccessKeyId>sts"
        + number
        + "</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
        + "<SessionToken>token</SessionToken><Expiration>"
        + expiration()
        + "</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn>"
        + "<AssumedRoleId>r:s</AssumedRoleId></AssumedRoleUser>"
        + "</%1$sResult></%1$sResponse>".formatted(action);
  }

  private String sso() {
    int number = answers.incrementAndGet();
    return ("{\"roleCredentials\":{\"accessKeyId\":\"sso%d\",\"secretAccessKey\":\"secret\","
            + "\"sessionToken\":\"token\",\"expiration\":%d}}")
        .formatted(number, expiration().toEpochMilli());
  }

  private String json(String name) {
    int number = answers.incrementAndGet();
    return ("{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"LastUpdated\":\"2026-01-01T00:00:00Z\","
            + "\"AccessKeyId\":\"%s%d\",\"SecretAccessKey\":\"secret\",\"Token\":\"token\","
            + "\"Expiration\":\"%s\"}")
        .formatted(name, number, expiration());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
