package dev.mtb.s3;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** The server has refused a request. */
public final class S3Exception extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final String detail;
  private final Instant date;
  private final String region;

  /**
   * Makes one.
   *
   * @param status of HTTP
   * @param code of S3, such as {@code NoSuchKey}; empty if there is none, as in the answer to HEAD
   * @param detail the server's own words; empty if there are none
   * @param date the server's clock
   * @param region of the bucket, which servers tell if another was asked
   */
  public S3Exception(
      int status, String code, String detail, Optional<Instant> date, Optional<String> region) {
    super("HTTP " + status + join(" ", code) + join(": ", detail));
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.date = date.orElse(null);
    this.region = region.orElse("");
  }

  private static String join(String separator, String text) {
    return text.isEmpty() ? "" : separator + text;
  }

  /** The status of HTTP. */
  public int status() {
    return status;
  }

  /** The code of S3; empty if there is none. */
  public String code() {
    return code;
  }

  /** The server's own words; empty if there are none. */
  public String detail() {
    return detail;
  }

  /** The server's clock, if it tells. */
  public Optional<Instant> date() {
    return Optional.ofNullable(date);
  }

  /** The region that the bucket is in, if the server tells. */
  public Optional<String> region() {
    return Optional.of(region).filter(r -> !r.isEmpty());
  }
}
