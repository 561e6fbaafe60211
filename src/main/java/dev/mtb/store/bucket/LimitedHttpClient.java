package dev.mtb.store.bucket;

import dev.mtb.store.Throttle;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * Sends requests no faster than a {@link Throttle} allows. Here and nowhere above, since here each
 * request comes by once for each try, and its body is read to be sent, not to be signed.
 * Thread-safe.
 */
final class LimitedHttpClient implements SdkHttpClient {
  private final SdkHttpClient real;
  private final Supplier<Throttle> throttle;

  private LimitedHttpClient(SdkHttpClient real, Supplier<Throttle> throttle) {
    this.real = real;
    this.throttle = throttle;
  }

  /** Makes one around what another builder makes. */
  static final class Builder implements SdkHttpClient.Builder<Builder> {
    private final SdkHttpClient.Builder<?> real;
    private final Supplier<Throttle> throttle;

    Builder(SdkHttpClient.Builder<?> real, Supplier<Throttle> throttle) {
      this.real = real;
      this.throttle = throttle;
    }

    @Override
    public SdkHttpClient buildWithDefaults(AttributeMap defaults) {
      return new LimitedHttpClient(real.buildWithDefaults(defaults), throttle);
    }
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    Throttle now = throttle.get();
    if (now == Throttle.NONE) {
      return real.prepareRequest(request);
    }
    now.operation();
    long length =
        request
            .httpRequest()
            .firstMatchingHeader("Content-Length")
            .map(Long::parseLong)
            .orElse(Long.MAX_VALUE);
    HttpExecuteRequest.Builder limited =
        HttpExecuteRequest.builder()
            .request(request.httpRequest())
            .metricCollector(request.metricCollector().orElse(null));
    request
        .contentStreamProvider()
        .ifPresent(content -> limited.contentStreamProvider(limited(content, length, now)));
    return real.prepareRequest(limited.build());
  }

  private static ContentStreamProvider limited(
      ContentStreamProvider content, long length, Throttle throttle) {
    return () -> new LimitedStream(content.newStream(), length, throttle);
  }

  /** A body that is read no faster than it may be sent. */
  private static final class LimitedStream extends FilterInputStream {
    private final Throttle throttle;
    private long left;

    /** What was taken and not read yet: the client reads little at a time. */
    private int allowed;

    LimitedStream(InputStream in, long length, Throttle throttle) {
      super(in);
      this.throttle = throttle;
      left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int count) throws IOException {
      if (allowed == 0 && left > 0 && count > 0) {
        allowed = throttle.take(left == Long.MAX_VALUE ? count : left);
      }
      // Behind the length there is only the end to be read.
      int most = left > 0 ? Math.min(count, allowed) : count;
      int read = in.read(buffer, offset, most);
      if (read > 0 && left > 0) {
        allowed -= read;
        left -= left == Long.MAX_VALUE ? 0 : read;
      }
      return read;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  @Override
  public String clientName() {
    return real.clientName();
  }

  @Override
  public void close() {
    real.close();
  }
}
