package dev.mtb.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * Takes TLS connections on 127.0.0.1 and passes on what they carry to a port that speaks plain
 * HTTP. Stands before the counting proxy, which so sees the requests. Thread-safe.
 */
final class TlsFront implements AutoCloseable {
  /** Protects nothing: the key is made for one run. */
  private static final char[] PASSWORD = "changeit".toCharArray();

  /** As many connections as any tool opens at once wait to be accepted. */
  private static final int BACKLOG = 1024;

  /** Four TLS records. */
  private static final int BUFFER = 64 * 1024;

  private final ServerSocket listener;
  private final int upstreamPort;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile int roundTripMillis;

  private TlsFront(ServerSocket listener, int upstreamPort) {
    this.listener = listener;
    this.upstreamPort = upstreamPort;
  }

  /**
   * Starts listening on a free port.
   *
   * @param folder where {@code server.p12} has the key and the certificate
   */
  static TlsFront start(Path folder, int upstreamPort)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve("server.p12"))) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    ServerSocket listener =
        context
            .getServerSocketFactory()
            .createServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    TlsFront front = new TlsFront(listener, upstreamPort);
    spawn(front::accept);
    return front;
  }

  int port() {
    return listener.getLocalPort();
  }

  /** How much longer a handshake takes from now on; TLS 1.3 needs one round trip. */
  void setRoundTrip(int millis) {
    roundTripMillis = millis;
  }

  private void accept() throws IOException {
    while (true) {
      SSLSocket client = (SSLSocket) listener.accept();
      sockets.add(client);
      spawn(() -> serve(client));
    }
  }

  private void serve(SSLSocket client) throws IOException, InterruptedException {
    Socket server = new Socket();
    sockets.add(server);
    try (client;
        server) {
      Thread.sleep(roundTripMillis);
      client.setTcpNoDelay(true);
      client.startHandshake();
      server.setTcpNoDelay(true);
      server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), upstreamPort));
      spawn(
          () -> {
            pump(client.getInputStream(), server.getOutputStream());
            server.shutdownOutput();
          });
      pump(server.getInputStream(), client.getOutputStream());
    } finally {
      sockets.remove(client);
      sockets.remove(server);
    }
  }

  private static void pump(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int size = in.read(buffer); size >= 0; size = in.read(buffer)) {
      out.write(buffer, 0, size);
    }
  }

  /** What one thread does. */
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private static void spawn(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // The client has gone, or the benchmark has ended.
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "tls");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
