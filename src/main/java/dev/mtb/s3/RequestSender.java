package dev.mtb.s3;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeMap;

/** Signs requests, sends them, and sends them again after transient errors. Thread-safe. */
final class RequestSender implements Closeable {
  /** The most bytes that are read of an error. A longer answer does not come from an S3 server. */
  private static final int LONGEST_ERROR = 64 * 1024;

  private final S3Settings settings;
  private final Transport transport;
  private final Signer signer;
  private final Retries retries;
  private final SkewedClock clock = new SkewedClock();
  private volatile Pace pace = Pace.FREE;

  RequestSender(S3Settings settings, Retries.Sleep sleep) {
    this.settings = settings;
    transport = new Transport(settings.endpoint(), settings.connections(), () -> pace);
    signer = new Signer(settings.region(), "s3");
    retries = new Retries(settings.retries(), sleep);
  }

  /** Reads a successful answer. */
  interface Reading<T> {
    /**
     * Reads the answer, and closes it unless it returns the content to be read later.
     *
     * @param attempt how often the request was sent
     */
    T read(Answer answer, int attempt) throws IOException;
  }

  void limit(Pace limit) {
    pace = limit;
  }

  <T> T send(S3Request request, Reading<T> reading) throws IOException {
    boolean isCorrected = false;
    for (int attempt = 1; ; attempt++) {
      Duration offset = clock.offset();
      IOException failure;
      try {
        return sendOnce(request, offset, attempt, reading);
      } catch (SourceException e) {
        throw e;
      } catch (IOException e) {
        failure = e;
      }
      boolean isSkewed = failure instanceof S3Exception refusal && clock.learn(refusal, offset);
      if (isSkewed && !isCorrected) {
        isCorrected = true;
        continue;
      }
      if (!retries.isWorth(failure, attempt)) {
        throw failure;
      }
      retries.pause(failure, attempt);
    }
  }

  private <T> T sendOnce(S3Request request, Duration offset, int attempt, Reading<T> reading)
      throws IOException {
    Pace now = pace;
    long begun = now.begin();
    boolean isThrottled = false;
    try {
      Answer answer = answer(request, Instant.now().plus(offset));
      if (answer.isSuccess()) {
        return reading.read(answer, attempt);
      }
      throw refusal(answer);
    } catch (S3Exception e) {
      isThrottled = Retries.isThrottled(e);
      throw e;
    } finally {
      now.end(begun, isThrottled);
    }
  }

  private Answer answer(S3Request request, Instant time) throws IOException {
    Credentials credentials = settings.credentials().get();
    String path = settings.endpoint().path() + Encoding.encodePath(request.key);
    String query = Signer.query(request.query);
    TreeMap<String, String> headers = new TreeMap<>(request.headers);
    headers.put("host", settings.endpoint().hostHeader());
    headers.put("x-amz-content-sha256", request.payload);
    headers.put("x-amz-date", Signer.time(time));
    credentials.sessionToken().ifPresent(token -> headers.put("x-amz-security-token", token));
    String authorization =
        signer.authorization(request.method, path, query, headers, request.payload, credentials);
    headers.put("authorization", authorization);
    String target = query.isEmpty() ? path : path + "?" + asSent(query);
    // An interrupted thread may still have to undo something. So it sends the request once, and
    // does not retry.
    boolean isInterrupted = Thread.interrupted();
    try {
      return transport.send(request.method, target, headers, request.body);
    } finally {
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A parameter without a value is signed with an equals sign, and sent without one. */
  private static String asSent(String query) {
    String sent = query.replace("=&", "&");
    return sent.endsWith("=") ? sent.substring(0, sent.length() - 1) : sent;
  }

  private static S3Exception refusal(Answer answer) throws IOException {
    byte[] document;
    try (answer) {
      document = answer.content().readNBytes(LONGEST_ERROR);
    }
    try {
      return refusal(answer, Xml.parse(new ByteArrayInputStream(document)));
    } catch (MalformedAnswerException e) {
      // The answer to HEAD has no document, and a proxy sends another kind of document.
      return new S3Exception(answer.status(), "", answer.reason(), answer.date(), region(answer));
    }
  }

  /** The exception for an error document. */
  static S3Exception refusal(Answer answer, Xml error) {
    return new S3Exception(
        answer.status(),
        error.text("Code").orElse(""),
        error.text("Message").orElse(""),
        answer.date(),
        region(answer).or(() -> error.text("Region")));
  }

  private static Optional<String> region(Answer answer) {
    return answer.header("x-amz-bucket-region");
  }

  @Override
  public void close() {
    transport.close();
    settings.credentials().close();
  }
}
