package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A server on 127.0.0.1 that answers as the test says, and records each request unchanged. The
 * first request is answered by the first step, whatever connection it comes by. Thread-safe.
 */
final class ScriptedServer implements AutoCloseable {
  /** Answers a request, or does not. */
  interface Step {
    void serve(Wire wire) throws IOException;
  }

  /** A request as it came. */
  static final class Received {
    final int connection;
    final String method;
    final String target;

    /** By their names in lower case, in the order in which they came. */
    final List<Map.Entry<String, String>> headers;

    /** What was read of it. */
    volatile byte[] body = {};

    private Received(int connection, String startLine, List<Map.Entry<String, String>> headers) {
      this.connection = connection;
      String[] words = startLine.split(" ", -1);
      method = words[0];
      target = words[1];
      this.headers = headers;
    }

    Optional<String> header(String name) {
      return headers.stream()
          .filter(header -> header.getKey().equals(name))
          .map(Map.Entry::getValue)
          .findFirst();
    }

    String path() {
      int mark = target.indexOf('?');
      return mark < 0 ? target : target.substring(0, mark);
    }

    String query() {
      int mark = target.indexOf('?');
      return mark < 0 ? "" : target.substring(mark + 1);
    }

    String text() {
      return new String(body, UTF_8);
    }

    @Override
    public String toString() {
      return method + " " + target + " " + headers;
    }
  }

  /** The connection that a request has come by. */
  static final class Wire {
    final Received request;
    private final Socket socket;
    private final InputStream in;

    private Wire(Received request, Socket socket, InputStream in) {
      this.request = request;
      this.socket = socket;
      this.in = in;
    }

    void readBody() throws IOException {
      int length = request.header("content-length").map(Integer::parseInt).orElse(0);
      request.body = in.readNBytes(length);
    }

    void send(String bytes) throws IOException {
      socket.getOutputStream().write(bytes.getBytes(UTF_8));
      socket.getOutputStream().flush();
    }

    /** Closes the connection normally. */
    void end() throws IOException {
      socket.close();
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Waits until the client has ended the connection. */
    void awaitEnd() {
      try {
        while (in.read() >= 0) {
          // Further data is ignored.
        }
      } catch (IOException e) {
        // It was reset.
        return;
      }
    }
  }

  private final ServerSocket listener;
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
  private final List<Received> requests = new CopyOnWriteArrayList<>();
  private final Deque<Step> steps = new ArrayDeque<>();
  private Step always = answer(200, "");
  private int connections;

  private ScriptedServer(ServerSocket listener) {
    this.listener = listener;
  }

  /** Starts one that answers 200 without a document. */
  static ScriptedServer start() throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    ScriptedServer server = new ScriptedServer(new ServerSocket(0, 64, loopback));
    spawn(server::accept);
    return server;
  }

  private static void spawn(Runnable body) {
    Thread thread = new Thread(body, "scripted-server");
    thread.setDaemon(true);
    thread.start();
  }

  /** An answer to the whole request. */
  static Step answer(int status, String document, String... headers) {
    return wire -> {
      wire.readBody();
      // To HEAD, and with 204, there is no document.
      boolean isShown = !wire.request.method.equals("HEAD") && status != 204;
      wire.send(head(status, document.getBytes(UTF_8).length, headers) + (isShown ? document : ""));
    };
  }

  static String head(int status, long length, String... headers) {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Because\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append("Content-Length: ").append(length).append("\r\n\r\n").toString();
  }

  static Step error(int status, String code, String... headers) {
    return answer(status, errorDocument(code), headers);
  }

  static String errorDocument(String code) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>"
        + code
        + "</Code><Message>words</Message></Error>";
  }

  /** A connection that breaks when the request has come. */
  static Step reset() {
    return wire -> {
      wire.readBody();
      wire.reset();
    };
  }

  /** Sets the answers to the next requests. */
  synchronized void then(Step... next) {
    steps.addAll(List.of(next));
  }

  /** Sets the answer to all requests after the steps. */
  synchronized void always(Step step) {
    always = step;
  }

  private synchronized Step next() {
    return steps.isEmpty() ? always : steps.removeFirst();
  }

  int port() {
    return listener.getLocalPort();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port());
  }

  /** All requests whose heads have come, in their order. */
  List<Received> requests() {
    return requests;
  }

  Received last() {
    return requests.get(requests.size() - 1);
  }

  synchronized int connections() {
    return connections;
  }

  private synchronized int countConnection() {
    return ++connections;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        clients.add(client);
        int number = countConnection();
        spawn(() -> serve(client, number));
      } catch (IOException e) {
        // Closed.
        return;
      }
    }
  }

  private void serve(Socket client, int number) {
    try (client) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      String startLine = readLine(in);
      while (!startLine.isEmpty()) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (String line = readLine(in); !line.isEmpty(); line = readLine(in)) {
          int colon = line.indexOf(':');
          String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
          headers.add(Map.entry(name, line.substring(colon + 1).strip()));
        }
        Received request = new Received(number, startLine, headers);
        requests.add(request);
        next().serve(new Wire(request, client, in));
        if (client.isClosed()) {
          return;
        }
        startLine = readLine(in);
      }
    } catch (IOException e) {
      // The client has gone.
      return;
    } finally {
      clients.remove(client);
    }
  }

  /** Reads a line without its end; empty at the end of the stream. */
  private static String readLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(ISO_8859_1);
  }

  @Override
  public void close() {
    clients.forEach(ScriptedServer::closeQuietly);
    closeQuietly(listener);
  }

  private static void closeQuietly(java.io.Closeable it) {
    try {
      it.close();
    } catch (IOException e) {
      // The socket is not used any more.
      return;
    }
  }

  /** Settings of a client of this server. */
  S3Settings settings(int retries) {
    return settings(retries, Credentials.of("access", "secret"), Map.of(), false);
  }

  S3Settings settings(
      int retries, Credentials credentials, Map<String, String> headers, boolean signsPayload) {
    return new S3Settings(
        "bucket",
        "us-east-1",
        Endpoint.of("bucket", "us-east-1", Optional.of(uri()), /* pathStyle= */ true),
        CredentialsSource.of(credentials),
        /* connections= */ 4,
        retries,
        headers,
        signsPayload,
        /* hashesParts= */ false);
  }
}
