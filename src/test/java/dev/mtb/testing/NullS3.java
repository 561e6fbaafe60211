package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.mtb.model.DigestAlgorithm;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An S3 server that accepts every object, keeps none, and lists nothing or what the test says. It
 * is for tests of a client that stores very many objects, where a real server would be the
 * bottleneck, and for tests of wrong answers. Thread-safe.
 */
public final class NullS3 implements AutoCloseable {
  private static final String LIST =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult><IsTruncated>false</IsTruncated>"
          + "%s</ListBucketResult>";

  private final ServerSocket listener;
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
  private final AtomicLong puts = new AtomicLong();
  private volatile String list = String.format(LIST, "");

  private NullS3(ServerSocket listener) {
    this.listener = listener;
  }

  /** Starts one on a free port of 127.0.0.1. */
  public static NullS3 start() throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    NullS3 server = new NullS3(new ServerSocket(0, 1024, loopback));
    ProxyConnection.spawn("null-s3", server::accept);
    return server;
  }

  /** Where it listens. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Makes it list these, whatever it is asked for. */
  public void setList(List<String> keys, List<String> commonPrefixes) {
    StringBuilder xml = new StringBuilder();
    keys.forEach(key -> xml.append("<Contents><Key>").append(key).append("</Key></Contents>"));
    commonPrefixes.forEach(
        prefix ->
            xml.append("<CommonPrefixes><Prefix>")
                .append(prefix)
                .append("</Prefix></CommonPrefixes>"));
    list = String.format(LIST, xml);
  }

  /** How many objects it was given. */
  public long puts() {
    return puts.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        clients.add(client);
        ProxyConnection.spawn("null-s3-client", () -> serve(client));
      } catch (IOException e) {
        // Closed.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      HttpInput in = new HttpInput(client.getInputStream());
      OutputStream out = new BufferedOutputStream(client.getOutputStream());
      Optional<HttpInput.Head> head = in.readHead();
      while (head.isPresent()) {
        MessageDigest md5 = DigestAlgorithm.MD5.start();
        in.copyBody(head.get(), 0, (bytes, payload) -> md5.update(bytes));
        out.write(answer(head.get(), md5).getBytes(ISO_8859_1));
        out.flush();
        head = in.readHead();
      }
    } catch (IOException e) {
      // The client has disconnected.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      clients.remove(client);
    }
  }

  private String answer(HttpInput.Head head, MessageDigest md5) throws IOException {
    return switch (head.word(0)) {
      case "PUT" -> {
        puts.incrementAndGet();
        String tag = HexFormat.of().formatHex(md5.digest());
        yield "HTTP/1.1 200 OK\r\nETag: \"" + tag + "\"\r\nContent-Length: 0\r\n\r\n";
      }
      case "GET" -> {
        String answer = list;
        yield "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: "
            + answer.length()
            + "\r\n\r\n"
            + answer;
      }
      default -> "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    };
  }

  @Override
  public void close() {
    CountingProxy.closeQuietly(listener);
    clients.forEach(CountingProxy::closeQuietly);
  }
}
