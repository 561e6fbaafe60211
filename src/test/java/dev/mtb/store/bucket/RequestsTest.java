package dev.mtb.store.bucket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.s3.AwsIdentity;
import dev.mtb.s3.Body;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.NullS3;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong answers of a server, which MTB must not accept. */
class RequestsTest {
  private static final byte[] CONTENT = "content".getBytes(UTF_8);
  private static final Metadata SOURCE =
      new Metadata(Kind.FILE, CONTENT.length, Instant.EPOCH, 0644, 0, 0, -1, -1);

  @TempDir Path temp;
  private NullS3 server;
  private CountingProxy proxy;
  private Requests requests;

  @BeforeEach
  void start() throws IOException {
    server = NullS3.start();
    proxy = CountingProxy.start(server.port());
    BucketPlace place =
        new BucketPlace(
            new S3Location("bucket", "p"),
            Optional.of(URI.create("http://127.0.0.1:" + proxy.port())),
            Optional.empty(),
            /* pathStyle= */ true,
            Optional.of(Secrets.write(temp.resolve("passwd"), "key:secret")),
            AwsIdentity.ANY,
            ObjectStyle.DEFAULT);
    BackupOptions options = BackupOptions.builder().waiting(w -> w.withRetries(0)).build();
    requests =
        new Requests(
            place, new BucketAccess(options, /* readOnly= */ false, ProcessIdentity.read()));
  }

  @AfterEach
  void stop() {
    requests.close();
    proxy.close();
    server.close();
  }

  /** Listed keys are compared, and may be deleted, so foreign keys must not pass. */
  @Test
  void list_ofKeysThatWereNotAskedFor_isRefused() throws IOException {
    server.setList(List.of("p/d/f", "p/d/g"), List.of("p/d/e/"));
    assertThat(requests.list("p/d/", "/", null, null).objects()).hasSize(2);

    for (String outside : List.of("q/d/f", "p/d", "p/", "", "other")) {
      server.setList(List.of("p/d/f", outside), List.of());
      assertRefused();
      server.setList(List.of("p/d/f"), List.of("p/d/e/", outside));
      assertRefused();
    }
  }

  private void assertRefused() {
    assertThatThrownBy(() -> requests.list("p/d/", "/", null, null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("keys that were not asked for")
        .hasMessageContaining("p/d/");
  }

  @Test
  void answerWithAnotherTag_isAFailure() throws IOException {
    assertThat(requests.put("p/f", SOURCE, Requests.Upload.of(CONTENT)).tag()).isPresent();
    assertThat(sendPart().number()).isEqualTo(1);

    proxy.setFault((method, path, sequence) -> Fault.Action.wrongTags());

    assertThatThrownBy(() -> requests.put("p/f", SOURCE, Requests.Upload.of(CONTENT)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other content than was sent");
    assertThatThrownBy(this::sendPart)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other content than was sent");
  }

  private UploadedPart sendPart() throws IOException {
    return requests
        .uploads()
        .sendPart(
            "p/f",
            "upload",
            1,
            Body.of(CONTENT),
            () -> DigestAlgorithm.MD5.start().digest(CONTENT));
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 500, 503})
  void lookThatFails_isNeverTakenForAbsent(int status) throws IOException {
    assertThat(requests.head("p/f")).isEmpty();

    proxy.setFault((method, path, sequence) -> Fault.Action.answer(status));

    assertThatThrownBy(() -> requests.head("p/f")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> requests.list("p/d/", "/", null, null))
        .isInstanceOf(IOException.class);
  }
}
