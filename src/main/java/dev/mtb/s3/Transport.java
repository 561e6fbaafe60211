package dev.mtb.s3;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.DefaultConnectionKeepAliveStrategy;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.CloseableHttpResponse;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * The connections to one server. It sends a request once, and does not interpret it. Thread-safe.
 */
final class Transport implements Closeable {
  private static final Timeout CONNECT_TIMEOUT = Timeout.ofSeconds(10);

  /**
   * The time to wait for the next byte of an answer. It is enough when a large upload is completed,
   * too, since Amazon's server sends blanks meanwhile.
   */
  private static final Timeout ANSWER_TIMEOUT = Timeout.ofMinutes(1);

  /** How long an idle connection is kept: servers close idle connections after 5 s to 60 s. */
  private static final TimeValue IDLE = TimeValue.ofSeconds(4);

  private final HttpHost host;
  private final Supplier<Pace> pace;
  private final CloseableHttpClient client;

  /**
   * Makes one; no connection is opened yet.
   *
   * @param pace of the moment
   */
  Transport(Endpoint endpoint, int connections, Supplier<Pace> pace) {
    this.pace = pace;
    host = new HttpHost(endpoint.scheme(), endpoint.host(), endpoint.port());
    client = client(endpoint, connections);
  }

  private static CloseableHttpClient client(Endpoint endpoint, int connections) {
    PoolingHttpClientConnectionManagerBuilder pool =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setMaxConnTotal(connections)
            .setMaxConnPerRoute(connections)
            // This policy does not lock the pool while it checks the limit.
            .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
            .setDefaultSocketConfig(SocketConfig.custom().setTcpNoDelay(true).build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(CONNECT_TIMEOUT)
                    .setSocketTimeout(ANSWER_TIMEOUT)
                    // A check costs a millisecond, and a connection that was closed meanwhile
                    // costs one retry.
                    .setValidateAfterInactivity(TimeValue.NEG_ONE_MILLISECOND)
                    .build());
    if (endpoint.scheme().equals("https")) {
      pool.setTlsSocketStrategy(
          new DefaultClientTlsStrategy(
              tls(),
              // The JVM checks the name itself, without a list of all public suffixes.
              HostnameVerificationPolicy.BUILTIN,
              NoopHostnameVerifier.INSTANCE));
    }
    HttpClientBuilder builder =
        HttpClientBuilder.create()
            .setConnectionManager(pool.build())
            .setRequestExecutor(new Executor())
            .setKeepAliveStrategy(Transport::idle)
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setResponseTimeout(ANSWER_TIMEOUT)
                    // A thread waits without a time limit for a connection that other threads use.
                    .setConnectionRequestTimeout(Timeout.DISABLED)
                    // To wait for permission to send the body would double the round trips.
                    .setExpectContinueEnabled(false)
                    .setProtocolUpgradeEnabled(false)
                    .build())
            .setUserAgent("mtb")
            .disableAutomaticRetries()
            .disableRedirectHandling()
            .disableContentCompression()
            .disableConnectionState()
            .disableCookieManagement()
            // The default would read a list of all public suffixes.
            .setDefaultCookieSpecRegistry(name -> null);
    Proxies.of(endpoint)
        .ifPresentOrElse(proxies -> proxies.apply(builder), builder::disableAuthCaching);
    return builder.build();
  }

  /** A server may tell that it keeps a connection for a shorter time. */
  private static TimeValue idle(HttpResponse response, HttpContext context) {
    TimeValue told =
        DefaultConnectionKeepAliveStrategy.INSTANCE.getKeepAliveDuration(response, context);
    return TimeValue.isNonNegative(told)
        ? TimeValue.ofMilliseconds(Math.min(told.toMilliseconds(), IDLE.toMilliseconds()))
        : IDLE;
  }

  private static SSLContext tls() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java platform has no TLS", e);
    }
  }

  /**
   * Sends a request once.
   *
   * @param path with the query
   * @param body what is sent; null for nothing
   * @throws SourceException if the body cannot be read
   */
  Answer send(String method, String path, Map<String, String> headers, Body body)
      throws IOException {
    Pace now = pace.get();
    now.request();
    BasicClassicHttpRequest request = new BasicClassicHttpRequest(method, host, path);
    headers.forEach(request::setHeader);
    if (body != null) {
      request.setEntity(new BodyEntity(body, now));
    } else if (method.equals("PUT") || method.equals("POST")) {
      request.setEntity(new BodyEntity(Body.of(new byte[0]), Pace.FREE));
    }
    return new Answer(
        CloseableHttpResponse.adapt(client.executeOpen(host, request, HttpClientContext.create())));
  }

  /** Gives each body the connection that sends it. */
  private static final class Executor extends HttpRequestExecutor {
    @Override
    public ClassicHttpResponse execute(
        ClassicHttpRequest request,
        HttpClientConnection connection,
        HttpResponseInformationCallback information,
        HttpContext context)
        throws IOException, HttpException {
      if (request.getEntity() instanceof BodyEntity entity) {
        entity.connection = connection;
      }
      return super.execute(request, connection, information, context);
    }
  }

  /** A body as the HTTP client wants it. */
  private static final class BodyEntity extends AbstractHttpEntity {
    private final Body body;
    private final Pace pace;
    private HttpClientConnection connection;

    BodyEntity(Body body, Pace pace) {
      // The content type is a header like the others.
      super((String) null, null);
      this.body = body;
      this.pace = pace;
    }

    @Override
    public long getContentLength() {
      return body.length();
    }

    @Override
    public boolean isRepeatable() {
      return true;
    }

    @Override
    public boolean isStreaming() {
      return false;
    }

    @Override
    public InputStream getContent() {
      throw new UnsupportedOperationException("it is only written");
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      try {
        body.writeTo(pace == Pace.FREE ? out : new PacedStream(out, pace));
      } catch (IOException | RuntimeException e) {
        // The connection is reset. Otherwise the server would receive what the buffers still hold,
        // and would keep a part of an upload that is aborted meanwhile.
        connection.close(CloseMode.IMMEDIATE);
        throw e;
      }
    }

    @Override
    public void close() {}
  }

  /** Writes no faster than a pace allows. */
  private static final class PacedStream extends OutputStream {
    private final OutputStream out;
    private final Pace pace;

    PacedStream(OutputStream out, Pace pace) {
      this.out = out;
      this.pace = pace;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int from = offset;
      while (from < offset + length) {
        int allowed = pace.take(offset + length - from);
        out.write(bytes, from, allowed);
        from += allowed;
      }
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (IOException e) {
      // Every request was answered, so a failure to close loses nothing.
      return;
    }
  }
}
