package dev.mtb.s3;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.apache.hc.client5.http.impl.classic.CloseableHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.io.CloseMode;

/** An answer of which the head was received. It must be closed. For one thread. */
final class Answer implements Closeable {
  /**
   * The most bytes of an unread rest that are read. To read more takes longer than to open a new
   * connection, and the rest may be endless.
   */
  private static final int LONGEST_REST = 64 * 1024;

  private final CloseableHttpResponse response;
  private InputStream content;

  Answer(CloseableHttpResponse response) {
    this.response = response;
  }

  int status() {
    return response.getCode();
  }

  boolean isSuccess() {
    return status() / 100 == 2;
  }

  /** The words beside the status. */
  String reason() {
    return response.getReasonPhrase() == null ? "" : response.getReasonPhrase();
  }

  Optional<String> header(String name) {
    Header header = response.getFirstHeader(name);
    return header == null ? Optional.empty() : Optional.ofNullable(header.getValue());
  }

  /** The server's clock; empty if it does not tell it, or not in the form of HTTP. */
  Optional<Instant> date() {
    return time("Date");
  }

  /** A header that is a time. */
  Optional<Instant> time(String name) {
    try {
      return header(name)
          .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  Header[] headers() {
    return response.getHeaders();
  }

  /** The body. */
  InputStream content() throws IOException {
    if (content == null) {
      HttpEntity entity = response.getEntity();
      content = entity == null ? InputStream.nullInputStream() : entity.getContent();
    }
    return content;
  }

  /** Returns the body. Closing the body closes the answer. */
  ObjectContent handOut() throws IOException {
    return new ObjectContent(content(), this::abort);
  }

  /** Reads the rest if it is short, so that the connection can be used again. */
  @Override
  public void close() throws IOException {
    try {
      // At the end of the body the client reuses the connection.
      long unused = content().skip(LONGEST_REST);
    } finally {
      abort();
    }
  }

  /** Closes the connection if it has not been given back. Any other way to close reads the rest. */
  private void abort() {
    response.close(CloseMode.IMMEDIATE);
  }
}
