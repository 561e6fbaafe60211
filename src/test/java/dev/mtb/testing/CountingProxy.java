package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mtb.testing.CountingProxy.Fault;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * A TCP proxy on 127.0.0.1 between an S3 client and an S3 server that counts requests exactly, adds
 * latency and bandwidth limits, and injects faults. On S3FS the number of requests per file decides
 * how fast a backup is, so tests assert it; and the kernel of a test machine often has no netem, so
 * latency has to come from here.
 *
 * <p>It understands just enough HTTP/1.1 to find the limits of each message (keep-alive, {@code
 * Content-Length}, chunked bodies, {@code Expect: 100-continue}, bodiless responses) and passes
 * every byte on unchanged. Clients must not pipeline; S3 clients do not. The handshake of a new
 * connection is not delayed, only what is sent over it.
 *
 * <p>Thread-safe: all methods may be called at any time, also while requests are under way. One
 * file without dependencies, so that benchmarks can run it alone: {@code java CountingProxy.java
 * --listen PORT --to PORT [--rtt MS] [--up BITS_PER_SECOND]}.
 */
public final class CountingProxy implements AutoCloseable {
  /** What a request asks of an S3 server. */
  public enum Kind {
    GET,
    /** A GET on the bucket itself. */
    LIST,
    HEAD,
    PUT,
    /** A PUT, of an object or of a part, whose content the server takes from another object. */
    COPY,
    POST,
    DELETE,
    OTHER;

    static Kind of(String method, String target, boolean copySource) {
      return switch (method) {
        case "GET" -> isListing(target) ? LIST : GET;
        case "HEAD" -> HEAD;
        case "PUT" -> copySource ? COPY : PUT;
        case "POST" -> POST;
        case "DELETE" -> DELETE;
        default -> OTHER;
      };
    }

    private static boolean isListing(String target) {
      int question = target.indexOf('?');
      String path = question < 0 ? target : target.substring(0, question);
      String query = question < 0 ? "" : target.substring(question + 1);
      int slash = path.indexOf('/', 1);
      boolean oneSegment = path.length() > 1 && (slash < 0 || slash == path.length() - 1);
      return oneSegment
          || Arrays.stream(query.split("&"))
              .anyMatch(part -> part.startsWith("list-type=") || part.startsWith("prefix="));
    }
  }

  /**
   * How many requests of each kind were made, and how many bytes their bodies and the bodies of
   * their responses had. Immutable.
   */
  public record Counts(Map<Kind, Long> requests, long bytesUp, long bytesDown) {
    public Counts {
      // Without the zeros, so that equal counts are equal records.
      requests =
          requests.entrySet().stream()
              .filter(entry -> entry.getValue() != 0)
              .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** The number of requests of the given kind. */
    public long of(Kind kind) {
      return requests.getOrDefault(kind, 0L);
    }

    /** The number of requests of every kind. */
    public long total() {
      return requests.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What was counted since {@code earlier}. */
    public Counts minus(Counts earlier) {
      Map<Kind, Long> difference = new EnumMap<>(Kind.class);
      for (Kind kind : Kind.values()) {
        difference.put(kind, of(kind) - earlier.of(kind));
      }
      return new Counts(difference, bytesUp - earlier.bytesUp, bytesDown - earlier.bytesDown);
    }

    @Override
    public String toString() {
      String kinds =
          Arrays.stream(Kind.values())
              .filter(kind -> of(kind) != 0)
              .map(kind -> kind + " " + of(kind))
              .collect(Collectors.joining(", "));
      kinds = kinds.isEmpty() ? "none" : kinds;
      return String.format(
          Locale.ROOT,
          "%d requests (%s), %,d bytes up, %,d bytes down",
          total(),
          kinds,
          bytesUp,
          bytesDown);
    }
  }

  /**
   * Decides what happens to each request. Called from many threads at once, before the request is
   * forwarded; it may block, which holds up that request's connection only.
   */
  @FunctionalInterface
  public interface Fault {
    /** Lets everything pass. */
    Fault NONE = (method, path, sequence) -> Action.pass();

    /**
     * Decides what happens to one request.
     *
     * @param path path and query as in the request line, so percent-encoded
     * @param sequence 1 for the first request since the start or the last {@link #reset}
     */
    Action onRequest(String method, String path, long sequence);

    /** What becomes of a request. */
    sealed interface Action {
      /** Forwards the request. */
      static Action pass() {
        return new Pass();
      }

      /** Answers with {@code status} and an S3 error document; the server sees nothing. */
      static Action answer(int status) {
        return new Answer(status);
      }

      /** Resets the client's connection; the server sees nothing. */
      static Action reset() {
        return new Reset(false);
      }

      /** Forwards the request, and resets the client's connection in place of the response. */
      static Action loseResponse() {
        return new Reset(true);
      }

      /** Forwards the request after {@code duration}. */
      static Action stall(Duration duration) {
        return new Stall(duration);
      }
    }

    /** See {@link Action#pass}. */
    record Pass() implements Action {}

    /** See {@link Action#answer}. */
    record Answer(int status) implements Action {}

    /** See {@link Action#reset} and {@link Action#loseResponse}. */
    record Reset(boolean afterResponse) implements Action {}

    /** See {@link Action#stall}. */
    record Stall(Duration duration) implements Action {}
  }

  /** Enough to see a failed assertion's cause, and little enough to keep in a long benchmark. */
  private static final int REMEMBERED_REQUESTS = 5_000;

  private final InetSocketAddress upstream;
  private final ServerSocket listener;
  private final Link uplink = new Link();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong lastActivity = new AtomicLong(System.nanoTime());
  private volatile long oneWayNanos;
  private volatile Fault fault = Fault.NONE;

  // Guarded by this.
  private final Map<Kind, Long> requests = new EnumMap<>(Kind.class);
  private final Deque<Exchange> recent = new ArrayDeque<>();
  private long sequence;
  private long bytesUp;
  private long bytesDown;

  private CountingProxy(ServerSocket listener, InetSocketAddress upstream) {
    this.listener = listener;
    this.upstream = upstream;
  }

  /** Starts a proxy on a free port, before the server that listens on {@code upstreamPort}. */
  public static CountingProxy start(int upstreamPort) throws IOException {
    return start(0, upstreamPort);
  }

  /**
   * Starts a proxy on {@code listenPort}, before the server that listens on {@code upstreamPort}.
   */
  public static CountingProxy start(int listenPort, int upstreamPort) throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    ServerSocket listener = new ServerSocket(listenPort, 1024, loopback);
    CountingProxy proxy =
        new CountingProxy(listener, new InetSocketAddress(loopback, upstreamPort));
    Connection.spawn("proxy-accept", proxy::accept);
    return proxy;
  }

  /** The port this proxy listens on. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Adds this much to the time between a request and its response; zero at first. */
  public void setRoundTrip(Duration roundTrip) {
    oneWayNanos = roundTrip.toNanos() / 2;
  }

  /** Limits what all connections together send to the server; zero, as at first, is no limit. */
  public void setUpstreamBandwidth(long bitsPerSecond) {
    uplink.setBitsPerSecond(bitsPerSecond);
  }

  /** Replaces the rule that injects faults; {@link Fault#NONE} at first. */
  public void setFault(Fault fault) {
    this.fault = fault;
  }

  /** What was counted since the start or the last {@link #reset}. */
  public synchronized Counts snapshot() {
    return new Counts(requests, bytesUp, bytesDown);
  }

  /** Sets all counters to zero and forgets the recent requests. */
  public synchronized void reset() {
    requests.clear();
    recent.clear();
    sequence = 0;
    bytesUp = 0;
    bytesDown = 0;
  }

  /** The last requests in order of arrival, each as method, path and status. */
  public synchronized List<String> recentRequests() {
    return recent.stream().map(Exchange::toString).toList();
  }

  /**
   * Waits until no request is under way and none has been for {@code quiet}, so that requests that
   * a client makes in the background are counted too.
   *
   * @throws TimeoutException if that did not happen within {@code limit}
   */
  public void awaitQuiet(Duration quiet, Duration limit)
      throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + limit.toNanos();
    // What was read from the server now reaches the client only after the delay.
    long quietNanos = quiet.toNanos() + 2 * oneWayNanos;
    while (true) {
      long silence = System.nanoTime() - lastActivity.get();
      boolean busy = connections.stream().anyMatch(Connection::isBusy);
      if (!busy && silence >= quietNanos) {
        return;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new TimeoutException("requests still under way after " + limit);
      }
      long remaining = TimeUnit.NANOSECONDS.toMillis(quietNanos - silence) + 1;
      Thread.sleep(Math.max(1, Math.min(remaining, 20)));
    }
  }

  /** Stops listening and closes every connection. */
  @Override
  public void close() {
    closeQuietly(listener);
    connections.forEach(Connection::close);
  }

  Exchange begin(String method, String target, boolean copySource) {
    Exchange exchange;
    synchronized (this) {
      requests.merge(Kind.of(method, target, copySource), 1L, Long::sum);
      exchange = new Exchange(method, target, ++sequence);
      recent.addLast(exchange);
      if (recent.size() > REMEMBERED_REQUESTS) {
        recent.removeFirst();
      }
    }
    touch();
    return exchange;
  }

  synchronized void addBytesUp(long bytes) {
    bytesUp += bytes;
  }

  synchronized void addBytesDown(long bytes) {
    bytesDown += bytes;
  }

  void touch() {
    lastActivity.set(System.nanoTime());
  }

  void forget(Connection connection) {
    connections.remove(connection);
  }

  Fault fault() {
    return fault;
  }

  long oneWayNanos() {
    return oneWayNanos;
  }

  Link uplink() {
    return uplink;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket server = new Socket();
        Connection connection = new Connection(this, client, server);
        connections.add(connection);
        connection.start(upstream);
        if (listener.isClosed()) {
          connection.close();
        }
      } catch (IOException e) {
        // Either closed, which ends the loop, or one client that has gone again.
      }
    }
  }

  static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      // Nothing is left to do with a socket that does not close.
    }
  }

  /**
   * Runs a proxy until the process is stopped. Reads commands from standard input: {@code counts},
   * {@code requests}, {@code reset}, {@code rtt MS} and {@code up BITS_PER_SECOND}.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Map<String, Long> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) {
      options.put(args[i], Long.parseLong(args[i + 1]));
    }
    if (args.length % 2 != 0
        || !options.containsKey("--to")
        || !Set.of("--listen", "--to", "--rtt", "--up").containsAll(options.keySet())) {
      System.err.println("usage: CountingProxy --to PORT [--listen PORT] [--rtt MS] [--up BITS/S]");
      System.exit(2);
    }
    CountingProxy proxy =
        start(options.getOrDefault("--listen", 0L).intValue(), options.get("--to").intValue());
    proxy.setRoundTrip(Duration.ofMillis(options.getOrDefault("--rtt", 0L)));
    proxy.setUpstreamBandwidth(options.getOrDefault("--up", 0L));
    System.out.println("listening on 127.0.0.1:" + proxy.port());
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      proxy.command(line.strip().split(" +"));
    }
    Thread.currentThread().join();
  }

  private void command(String[] words) {
    switch (words[0]) {
      case "counts" -> System.out.println(snapshot());
      case "requests" -> recentRequests().forEach(System.out::println);
      case "reset" -> reset();
      case "rtt" -> setRoundTrip(Duration.ofMillis(Long.parseLong(words[1])));
      case "up" -> setUpstreamBandwidth(Long.parseLong(words[1]));
      default -> System.out.println("? " + words[0]);
    }
  }
}

/** One request and, once it is there, the status of its response. Safe to read at any time. */
final class Exchange {
  final String method;
  final String target;
  final long sequence;
  volatile boolean loseResponse;
  volatile int status;

  Exchange(String method, String target, long sequence) {
    this.method = method;
    this.target = target;
    this.sequence = sequence;
  }

  @Override
  public String toString() {
    return method + " " + target + " " + (status == 0 ? "-" : Integer.toString(status));
  }
}

/**
 * One client's connection and the connection to the server that belongs to it. Four threads work
 * for it: one reads and one writes in each direction, so that a delay never holds up the reading.
 */
final class Connection {
  private final CountingProxy proxy;
  private final Socket client;
  private final Socket server;
  private final DelayLine toServer;
  private final DelayLine toClient;
  // Not answered yet, one at most: the request thread adds, the response thread removes.
  private final Queue<Exchange> unanswered = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  Connection(CountingProxy proxy, Socket client, Socket server) {
    this.proxy = proxy;
    this.client = client;
    this.server = server;
    this.toServer = new DelayLine(proxy, server, proxy.uplink());
    this.toClient = new DelayLine(proxy, client, new Link());
  }

  static void spawn(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }

  void start(InetSocketAddress upstream) {
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.connect(upstream);
    } catch (IOException e) {
      reset();
      return;
    }
    spawn("proxy-requests", () -> run(this::readRequests));
    spawn("proxy-responses", () -> run(this::readResponses));
    spawn("proxy-to-server", () -> run(toServer::write));
    spawn("proxy-to-client", () -> run(this::writeResponses));
  }

  boolean isBusy() {
    return !unanswered.isEmpty();
  }

  void close() {
    if (closed.compareAndSet(false, true)) {
      CountingProxy.closeQuietly(client);
      CountingProxy.closeQuietly(server);
      toServer.abort();
      toClient.abort();
      proxy.forget(this);
    }
  }

  /** What one thread of a connection does. */
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void run(Work work) {
    try {
      work.run();
    } catch (IOException | InterruptedException e) {
      close();
    }
  }

  private void reset() {
    try {
      client.setSoLinger(true, 0);
    } catch (IOException e) {
      // Closed already.
    }
    close();
  }

  private void readRequests() throws IOException, InterruptedException {
    HttpInput input = new HttpInput(client.getInputStream());
    while (true) {
      Optional<HttpInput.Head> next = input.readHead();
      if (next.isEmpty()) {
        toServer.finish();
        return;
      }
      if (!handle(next.get(), input)) {
        return;
      }
    }
  }

  /** Returns whether the connection can carry another request. */
  private boolean handle(HttpInput.Head head, HttpInput input)
      throws IOException, InterruptedException {
    String method = head.word(0);
    String target = head.word(1);
    Exchange exchange = proxy.begin(method, target, head.header("x-amz-copy-source").isPresent());
    unanswered.add(exchange);
    Fault.Action action = proxy.fault().onRequest(method, target, exchange.sequence);
    if (action instanceof Fault.Answer answer) {
      return answer(exchange, answer.status(), head, input);
    }
    if (action instanceof Fault.Reset reset) {
      if (!reset.afterResponse()) {
        reset();
        return false;
      }
      exchange.loseResponse = true;
    }
    if (action instanceof Fault.Stall stall) {
      TimeUnit.NANOSECONDS.sleep(stall.duration().toNanos());
    }
    toServer.send(head.raw());
    input.copyBody(
        head,
        0,
        (bytes, payload) -> {
          proxy.addBytesUp(payload);
          toServer.send(bytes);
        });
    return true;
  }

  private boolean answer(Exchange exchange, int status, HttpInput.Head head, HttpInput input)
      throws IOException, InterruptedException {
    // A client that was told "no" in place of "100 Continue" may or may not send its body now.
    boolean last = head.header("expect").isPresent();
    if (!last) {
      input.copyBody(head, 0, (bytes, payload) -> proxy.addBytesUp(payload));
    }
    TimeUnit.NANOSECONDS.sleep(proxy.oneWayNanos());
    byte[] body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>InjectedFault</Code></Error>"
            .getBytes(UTF_8);
    String header =
        "HTTP/1.1 %d Injected Fault\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n%s\r\n"
            .formatted(status, body.length, last ? "Connection: close\r\n" : "");
    exchange.status = status;
    toClient.send(header.getBytes(ISO_8859_1));
    if (!exchange.method.equals("HEAD")) {
      proxy.addBytesDown(body.length);
      toClient.send(body);
    }
    unanswered.remove(exchange);
    if (last) {
      toClient.finish();
    }
    return !last;
  }

  private void readResponses() throws IOException, InterruptedException {
    HttpInput input = new HttpInput(server.getInputStream());
    while (true) {
      Optional<HttpInput.Head> next = input.readHead();
      if (next.isEmpty()) {
        toClient.finish();
        return;
      }
      HttpInput.Head head = next.get();
      int status = Integer.parseInt(head.word(1));
      Exchange exchange = unanswered.peek();
      if (status >= 200 && exchange != null && exchange.loseResponse) {
        exchange.status = status;
        reset();
        return;
      }
      toClient.send(head.raw());
      if (status < 200) {
        continue;
      }
      if (exchange != null) {
        exchange.status = status;
      }
      boolean bodiless =
          status == 204 || status == 304 || (exchange != null && exchange.method.equals("HEAD"));
      if (!bodiless) {
        input.copyBody(
            head,
            Long.MAX_VALUE,
            (bytes, payload) -> {
              proxy.addBytesDown(payload);
              toClient.send(bytes);
            });
      }
      unanswered.poll();
    }
  }

  private void writeResponses() throws IOException, InterruptedException {
    toClient.write();
    // The server has said its last word, so nothing the client may still send has a reader.
    close();
  }
}

/** Finds the limits of HTTP/1.1 messages in a stream. For one thread. */
final class HttpInput {
  /** The start line and the headers of a message, with the bytes they came as. */
  static final class Head {
    private final byte[] raw;
    private final List<String> lines;

    Head(byte[] raw, List<String> lines) {
      this.raw = raw;
      this.lines = lines;
    }

    byte[] raw() {
      return raw;
    }

    String word(int index) throws IOException {
      String[] words = lines.get(0).split(" ", -1);
      if (index >= words.length) {
        throw new IOException("not HTTP: " + lines.get(0));
      }
      return words[index];
    }

    Optional<String> header(String name) {
      return lines.stream()
          .skip(1)
          .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst();
    }
  }

  /** Takes the pieces of a body. */
  interface Sink {
    /**
     * Takes the next piece.
     *
     * @param payload how many of the bytes are content, not framing
     */
    void accept(byte[] bytes, int payload) throws IOException, InterruptedException;
  }

  private static final int MAX_LINE = 64 * 1024;

  private final InputStream in;
  private final byte[] buffer = new byte[64 * 1024];
  private int position;
  private int limit;

  HttpInput(InputStream in) {
    this.in = in;
  }

  /** Reads up to and with the empty line after the headers; empty at the end of the stream. */
  Optional<Head> readHead() throws IOException {
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    List<String> lines = new ArrayList<>();
    while (true) {
      byte[] line = readLine();
      if (line.length == 0) {
        if (raw.size() == 0) {
          return Optional.empty();
        }
        throw new EOFException("connection closed within the headers");
      }
      raw.writeBytes(line);
      String text = new String(line, ISO_8859_1).strip();
      if (!text.isEmpty()) {
        lines.add(text);
      } else if (!lines.isEmpty()) {
        return Optional.of(new Head(raw.toByteArray(), lines));
      }
    }
  }

  /** Hands the body that follows {@code head} to {@code sink}, piece by piece. */
  void copyBody(Head head, long lengthIfUnknown, Sink sink)
      throws IOException, InterruptedException {
    boolean chunked =
        head.header("transfer-encoding")
            .filter(value -> value.toLowerCase(Locale.ROOT).contains("chunked"))
            .isPresent();
    if (chunked) {
      copyChunks(sink);
      return;
    }
    Optional<String> length = head.header("content-length");
    if (length.isPresent()) {
      copy(Long.parseLong(length.get()), sink);
    } else if (lengthIfUnknown > 0) {
      copyToEnd(sink);
    }
  }

  private void copyChunks(Sink sink) throws IOException, InterruptedException {
    while (true) {
      byte[] sizeLine = readFullLine();
      sink.accept(sizeLine, 0);
      String size = new String(sizeLine, ISO_8859_1).split(";", 2)[0].strip();
      long length = Long.parseLong(size, 16);
      if (length == 0) {
        break;
      }
      copy(length, sink);
      sink.accept(readFullLine(), 0);
    }
    byte[] trailer;
    do {
      trailer = readFullLine();
      sink.accept(trailer, 0);
    } while (!new String(trailer, ISO_8859_1).isBlank());
  }

  private void copy(long length, Sink sink) throws IOException, InterruptedException {
    long remaining = length;
    while (remaining > 0) {
      if (!fill()) {
        throw new EOFException("connection closed within a body");
      }
      int size = (int) Math.min(remaining, limit - position);
      sink.accept(take(size), size);
      remaining -= size;
    }
  }

  private void copyToEnd(Sink sink) throws IOException, InterruptedException {
    while (fill()) {
      int size = limit - position;
      sink.accept(take(size), size);
    }
  }

  private byte[] readFullLine() throws IOException {
    byte[] line = readLine();
    if (line.length == 0) {
      throw new EOFException("connection closed within a chunked body");
    }
    return line;
  }

  /** Reads a line with its end; empty at the end of the stream. */
  private byte[] readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (fill()) {
      byte next = buffer[position++];
      line.write(next);
      if (next == '\n') {
        return line.toByteArray();
      }
      if (line.size() > MAX_LINE) {
        throw new IOException("not HTTP: a line of more than " + MAX_LINE + " bytes");
      }
    }
    if (line.size() > 0) {
      throw new EOFException("connection closed within a line");
    }
    return new byte[0];
  }

  private byte[] take(int size) {
    byte[] bytes = Arrays.copyOfRange(buffer, position, position + size);
    position += size;
    return bytes;
  }

  private boolean fill() throws IOException {
    if (position < limit) {
      return true;
    }
    position = 0;
    limit = Math.max(0, in.read(buffer));
    return limit > 0;
  }
}

/**
 * One direction of a connection, as a pipe with a delay: each piece leaves a fixed time after it
 * came in, so the delay costs time but no throughput. One thread sends, another writes.
 */
final class DelayLine {
  /** The most bytes under way: enough for 300 MB/s at a round trip of 50 ms. */
  private static final int CAPACITY = 8 << 20;

  private static final class Piece {
    final byte[] bytes;
    final long due;

    Piece(byte[] bytes, long due) {
      this.bytes = bytes;
      this.due = due;
    }
  }

  private final CountingProxy proxy;
  private final Socket target;
  private final Link link;

  // Guarded by this.
  private final Deque<Piece> pieces = new ArrayDeque<>();
  private long queued;
  private boolean finished;
  private boolean aborted;

  DelayLine(CountingProxy proxy, Socket target, Link link) {
    this.proxy = proxy;
    this.target = target;
    this.link = link;
  }

  synchronized void send(byte[] bytes) throws IOException, InterruptedException {
    while (queued >= CAPACITY && !aborted) {
      wait();
    }
    if (aborted) {
      throw new IOException("connection closed");
    }
    pieces.addLast(new Piece(bytes, System.nanoTime() + proxy.oneWayNanos()));
    queued += bytes.length;
    notifyAll();
  }

  /** Ends the stream after what was sent so far. */
  synchronized void finish() {
    finished = true;
    notifyAll();
  }

  synchronized void abort() {
    aborted = true;
    notifyAll();
  }

  /** Writes each piece when it is due, until the stream ends. */
  void write() throws IOException, InterruptedException {
    OutputStream out = target.getOutputStream();
    while (true) {
      Optional<Piece> next = take();
      if (next.isEmpty()) {
        target.shutdownOutput();
        return;
      }
      Piece piece = next.get();
      Link.sleepUntil(piece.due);
      link.acquire(piece.bytes.length);
      out.write(piece.bytes);
      proxy.touch();
    }
  }

  private synchronized Optional<Piece> take() throws IOException, InterruptedException {
    while (pieces.isEmpty() && !finished && !aborted) {
      wait();
    }
    if (aborted) {
      throw new IOException("connection closed");
    }
    Optional<Piece> piece = Optional.ofNullable(pieces.pollFirst());
    piece.ifPresent(taken -> queued -= taken.bytes.length);
    notifyAll();
    return piece;
  }
}

/**
 * A bandwidth shared by all who send over it, unlimited at first. Thread-safe. Each sender waits
 * for one piece at a time, so senders get equal shares.
 */
final class Link {
  /** What an idle link lets through at once: makes up for threads that wake up late. */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private long bitsPerSecond;
  private long free = System.nanoTime();

  synchronized void setBitsPerSecond(long bitsPerSecond) {
    this.bitsPerSecond = bitsPerSecond;
  }

  void acquire(int bytes) {
    sleepUntil(reserve(bytes));
  }

  private synchronized long reserve(int bytes) {
    long now = System.nanoTime();
    if (bitsPerSecond <= 0) {
      return now;
    }
    long earliest = now - BURST_NANOS;
    long start = free - earliest > 0 ? free : earliest;
    free = start + (long) (bytes * 8e9 / bitsPerSecond);
    return free;
  }

  static void sleepUntil(long nanoTime) {
    // Thread.sleep knows whole milliseconds only.
    for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
