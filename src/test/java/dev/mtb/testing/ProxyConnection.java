package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mtb.testing.CountingProxy.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One client's connection and the connection to the server that belongs to it. Four threads work
 * for it: one reads and one writes in each direction, so that a delay never holds up the reading.
 */
final class ProxyConnection {
  private static final long NO_CUT = Long.MAX_VALUE;

  /** The pause before a reset, since a reset discards data that was written and not read. */
  private static final Duration CUT_PAUSE = Duration.ofMillis(20);

  private final CountingProxy proxy;
  private final Socket client;
  private final Socket server;
  private final DelayLine toServer;
  private final DelayLine toClient;
  // Not answered yet, one at most: the request thread adds, the response thread removes.
  private final Queue<Exchange> unanswered = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean clientHasGone;

  ProxyConnection(CountingProxy proxy, Socket client, Socket server) {
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

  /**
   * Whether a request is under way. A request to a server that has ended does not count: its answer
   * will not come.
   */
  boolean isBusy() {
    return !unanswered.isEmpty() && !clientHasGone;
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
        clientHasGone = true;
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
    boolean isCopy = head.header("x-amz-copy-source").isPresent();
    Exchange exchange = proxy.begin(method, target, isCopy);
    unanswered.add(exchange);
    proxy.countAtOnce();
    Fault.Action action =
        isCopy
            ? proxy.fault().onCopy(method, target, exchange.sequence)
            : proxy.fault().onRequest(method, target, exchange.sequence);
    exchange.action = action;
    if (action instanceof Fault.Answer answer) {
      return answer(exchange, answer.status(), head, input);
    }
    if (action instanceof Fault.Reset reset && !reset.afterResponse()) {
      reset();
      return false;
    }
    if (action instanceof Fault.Stall stall && !stall.afterResponse()) {
      TimeUnit.NANOSECONDS.sleep(stall.duration().toNanos());
    }
    toServer.send(
        action instanceof Fault.WithoutHeader without ? head.without(without.name()) : head.raw());
    Cut cut = new Cut(action instanceof Fault.CutRequest request ? request.bytes() : NO_CUT);
    input.copyBody(
        head,
        0,
        (bytes, payload) -> {
          proxy.addBytesUp(payload);
          toServer.send(cut.allowed(bytes));
          if (cut.isReached()) {
            // The part that was forwarded must arrive, since a server that has received nothing
            // would be an easier case.
            TimeUnit.MILLISECONDS.sleep(CUT_PAUSE.toMillis());
            reset();
            throw new IOException("cut");
          }
        });
    return true;
  }

  /** How much of a body may still pass. For one thread. */
  private static final class Cut {
    private long left;

    Cut(long bytes) {
      left = bytes;
    }

    byte[] allowed(byte[] bytes) {
      int size = (int) Math.min(bytes.length, left);
      left -= bytes.length;
      return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    boolean isReached() {
      return left < 0;
    }
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
      if (status < 200) {
        toClient.send(head.raw());
        continue;
      }
      Exchange exchange = unanswered.peek();
      if (exchange != null) {
        exchange.status = status;
        if (exchange.action instanceof Fault.Reset) {
          reset();
          return;
        }
        if (exchange.action instanceof Fault.Stall stall && stall.afterResponse()) {
          TimeUnit.NANOSECONDS.sleep(stall.duration().toNanos());
        }
      }
      if (!passOn(head, input, exchange, status)) {
        return;
      }
      unanswered.poll();
    }
  }

  /** Returns whether the connection can carry another response. */
  private boolean passOn(HttpInput.Head head, HttpInput input, Exchange exchange, int status)
      throws IOException, InterruptedException {
    Fault.Action action = exchange == null ? Fault.Action.pass() : exchange.action;
    Fault.ChangedResponse changed = action instanceof Fault.ChangedResponse c ? c : null;
    toClient.send(changed == null ? head.raw() : changed.change().apply(head.raw()));
    boolean bodiless =
        status == 204 || status == 304 || (exchange != null && exchange.method.equals("HEAD"));
    if (bodiless) {
      return true;
    }
    if (changed != null) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      input.copyBody(head, Long.MAX_VALUE, (bytes, payload) -> body.writeBytes(bytes));
      proxy.addBytesDown(body.size());
      toClient.send(changed.change().apply(body.toByteArray()));
      return true;
    }
    Fault.CutResponse response = action instanceof Fault.CutResponse cut ? cut : null;
    Cut cut = new Cut(response == null ? NO_CUT : response.bytes());
    try {
      input.copyBody(
          head,
          Long.MAX_VALUE,
          (bytes, payload) -> {
            proxy.addBytesDown(payload);
            toClient.send(cut.allowed(bytes));
            if (cut.isReached()) {
              throw new CutException();
            }
          });
      return true;
    } catch (CutException e) {
      unanswered.poll();
      if (response != null && response.isReset()) {
        TimeUnit.MILLISECONDS.sleep(CUT_PAUSE.toMillis());
        reset();
      } else {
        toClient.finish();
      }
      return false;
    }
  }

  /** A response has gone as far as it may. */
  private static final class CutException extends IOException {
    private static final long serialVersionUID = 1;
  }

  private void writeResponses() throws IOException, InterruptedException {
    toClient.write();
    // The server has closed the connection, so that it does not read further requests.
    close();
  }
}
