package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
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
 * <p>Thread-safe: all methods may be called at any time, also while requests are under way. It and
 * the classes it needs have no dependencies, so that benchmarks can use it, and that it runs alone:
 * {@code java -cp target/test-classes dev.mtb.testing.CountingProxy --listen PORT --to PORT [--rtt
 * MS] [--up BITS_PER_SECOND]}.
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
    /** Injects no faults. */
    Fault NONE = (method, path, sequence) -> Action.pass();

    /**
     * Decides what happens to one request.
     *
     * @param path path and query as in the request line, so percent-encoded
     * @param sequence 1 for the first request since the start or the last {@link #reset}
     */
    Action onRequest(String method, String path, long sequence);

    /** The same for a request whose content the server takes from another object. */
    default Action onCopy(String method, String path, long sequence) {
      return onRequest(method, path, sequence);
    }

    /** Something that happens to each copy, and to nothing else. */
    static Fault ofCopies(Action action) {
      return new Fault() {
        @Override
        public Action onRequest(String method, String path, long sequence) {
          return Action.pass();
        }

        @Override
        public Action onCopy(String method, String path, long sequence) {
          return action;
        }
      };
    }

    /** What the proxy does with a request. */
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

      /**
       * Forwards the request after {@code duration}. If the client has given up by then, the server
       * still gets the request, as with a request that was delayed in the network.
       */
      static Action stall(Duration duration) {
        return new Stall(duration, false);
      }

      /** Forwards the request, and the response after {@code duration}. */
      static Action stallResponse(Duration duration) {
        return new Stall(duration, true);
      }

      /** Forwards so much of the request's body, and resets both connections. */
      static Action cutRequest(long bytes) {
        return new CutRequest(bytes);
      }

      /** Forwards so much of the response's body, and resets the client's connection. */
      static Action cutResponse(long bytes) {
        return new CutResponse(bytes, true);
      }

      /**
       * Forwards so much of the response's body, and ends the connection as if that were all: the
       * {@code Content-Length} promises more.
       */
      static Action truncateResponse(long bytes) {
        return new CutResponse(bytes, false);
      }

      /** Forwards everything, but with other ETags in the response, in its head and in its body. */
      static Action wrongTags() {
        return new ChangedResponse(Tags::wrong);
      }

      /** Forwards everything, but without the ETag in the XML of the response. */
      static Action emptyTags() {
        return new ChangedResponse(Tags::empty);
      }

      /** Forwards the request without a header, for servers that check no signatures. */
      static Action withoutHeader(String name) {
        return new WithoutHeader(name);
      }
    }

    /** See {@link Action#withoutHeader}. */
    record WithoutHeader(String name) implements Action {}

    /** See {@link Action#pass}. */
    record Pass() implements Action {}

    /** See {@link Action#answer}. */
    record Answer(int status) implements Action {}

    /** See {@link Action#reset} and {@link Action#loseResponse}. */
    record Reset(boolean afterResponse) implements Action {}

    /** See {@link Action#stall} and {@link Action#stallResponse}. */
    record Stall(Duration duration, boolean afterResponse) implements Action {}

    /** See {@link Action#cutRequest}. */
    record CutRequest(long bytes) implements Action {}

    /** See {@link Action#cutResponse} and {@link Action#truncateResponse}. */
    record CutResponse(long bytes, boolean isReset) implements Action {}

    /** See {@link Action#wrongTags} and {@link Action#emptyTags}; the length stays the same. */
    record ChangedResponse(UnaryOperator<byte[]> change) implements Action {}
  }

  /** Enough to see a failed assertion's cause, and little enough to keep in a long benchmark. */
  private static final int REMEMBERED_REQUESTS = 5_000;

  private final InetSocketAddress upstream;
  private final ServerSocket listener;
  private final Link uplink = new Link();
  private final Set<ProxyConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger mostAtOnce = new AtomicInteger();
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
    return start(listenPort, new InetSocketAddress(loopback, upstreamPort));
  }

  /** Starts a proxy on a free port, before the server at {@code http://HOST:PORT}. */
  public static CountingProxy start(URI server) throws IOException {
    if (!"http".equals(server.getScheme())) {
      throw new IllegalArgumentException("only plain HTTP passes the proxy, not " + server);
    }
    int port = server.getPort() < 0 ? 80 : server.getPort();
    return start(0, new InetSocketAddress(server.getHost(), port));
  }

  private static CountingProxy start(int listenPort, InetSocketAddress upstream)
      throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    ServerSocket listener = new ServerSocket(listenPort, 1024, loopback);
    CountingProxy proxy = new CountingProxy(listener, upstream);
    ProxyConnection.spawn("proxy-accept", proxy::accept);
    return proxy;
  }

  /** The port this proxy listens on. */
  public int port() {
    return listener.getLocalPort();
  }

  /** What clients take for the server. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port());
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
    mostAtOnce.set(0);
    requests.clear();
    recent.clear();
    sequence = 0;
    bytesUp = 0;
    bytesDown = 0;
  }

  /** How many requests have not been answered yet. */
  public int atOnce() {
    return (int) connections.stream().filter(ProxyConnection::isBusy).count();
  }

  /** The most requests that were under way at a time since the start or the last {@link #reset}. */
  public int mostAtOnce() {
    return mostAtOnce.get();
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
      boolean busy = connections.stream().anyMatch(ProxyConnection::isBusy);
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
    connections.forEach(ProxyConnection::close);
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

  /** One more request is under way. */
  void countAtOnce() {
    mostAtOnce.accumulateAndGet(atOnce(), Math::max);
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

  void forget(ProxyConnection connection) {
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
        ProxyConnection connection = new ProxyConnection(this, client, server);
        connections.add(connection);
        connection.start(upstream);
        if (listener.isClosed()) {
          connection.close();
        }
      } catch (IOException e) {
        // The listener was closed, which ends the loop, or a client has disconnected already.
      }
    }
  }

  static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      // A socket that cannot be closed needs no further handling.
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
