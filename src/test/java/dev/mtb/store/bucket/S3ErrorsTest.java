package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.s3.AwsIdentity;
import dev.mtb.s3.CredentialsException;
import dev.mtb.s3.MalformedAnswerException;
import dev.mtb.s3.S3Exception;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class S3ErrorsTest {
  private static final S3Errors ERRORS =
      new S3Errors(
          new BucketPlace(
              new S3Location("photos", "backup"),
              Optional.empty(),
              Optional.empty(),
              false,
              Optional.empty(),
              AwsIdentity.ANY,
              ObjectStyle.DEFAULT));

  private static IOException answer(int status, String code) {
    return new S3Exception(
        status,
        code,
        "as the server says it",
        Optional.of(Instant.parse("2015-02-03T04:05:06Z")),
        Optional.of("eu-north-1"));
  }

  @ParameterizedTest
  @CsvSource({
    "404, NoSuchBucket, photos does not exist",
    "403, InvalidAccessKeyId, check the credentials",
    "403, SignatureDoesNotMatch, secret key",
    "400, ExpiredToken, have expired",
    "403, RequestTimeTooSkewed, clock differs by",
    "301, PermanentRedirect, Connection.region eu-north-1",
    "400, AuthorizationHeaderMalformed, Connection.region eu-north-1",
    "301, '', Connection.region eu-north-1",
  })
  void whatConcernsAllFiles_endsTheRun_withTheRemedy(int status, String code, String words) {
    assertThat(ERRORS.of("PutObject", "backup/f", answer(status, code)))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("photos")
        .hasMessageContaining(words);
  }

  @ParameterizedTest
  @CsvSource({
    "403, AccessDenied, s3:PutObject",
    "400, BadDigest, changed on its way",
    "503, SlowDown, fewer Concurrency.threads",
    "412, PreconditionFailed, another program",
    "501, NotImplemented, PutObject",
    "507, InsufficientStorage, as the server says it",
  })
  void whatConcernsOneFile_isItsFailure(int status, String code, String words) {
    assertThat(ERRORS.of("PutObject", "backup/f", answer(status, code)))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(DestinationException.class)
        .hasMessageContaining(words);
  }

  @Test
  void absentObject_isAbsent() {
    assertThat(ERRORS.of("HeadObject", "backup/f", answer(404, "NoSuchKey")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void bucketThatMayNotBeListed_isAFailureOfTheDestination() {
    assertThat(ERRORS.of("ListObjectsV2", "", answer(403, "AccessDenied")))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("s3:ListBucket on arn:aws:s3:::photos");
  }

  @Test
  void serverThatCannotBeReached_isLost_butNotForWhatCannotBeRead() {
    for (IOException cause :
        new IOException[] {new UnknownHostException("s3.example.com"), new SocketException("x")}) {
      assertThat(ERRORS.of("PutObject", "f", cause))
          .isInstanceOf(DestinationException.class)
          .hasMessageContaining("network");
    }
    assertThat(ERRORS.of("ListObjectsV2", "", new MalformedAnswerException("no XML", null)))
        .isNotInstanceOf(DestinationException.class)
        .hasMessageContaining("no XML");
    assertThat(ERRORS.of("PutObject", "f", new CredentialsException("", null)))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("Connection.passwdFile");
    assertThat(ERRORS.of("PutObject", "f", new CredentialsException("no profile 'x'", null)))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("no profile 'x'");
  }
}
