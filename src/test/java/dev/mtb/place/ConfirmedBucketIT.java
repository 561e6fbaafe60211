package dev.mtb.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.options.Addressing;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.bucket.BucketAccess;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command line that names another bucket than the one behind the mount. */
class ConfirmedBucketIT {
  @TempDir Path temp;
  private S3Server server;
  private S3Probe probe;
  private Path mounted;

  @BeforeEach
  void start() throws IOException {
    server = S3Server.start("bucket");
    probe = S3Probe.of(server);
    // A local directory stands for a mount of another bucket.
    mounted = Files.createDirectory(temp.resolve("mounted"));
    Files.writeString(mounted.resolve("f"), "content");
  }

  @AfterEach
  void stop() throws IOException {
    probe.close();
    server.close();
  }

  private void open(boolean readOnly) throws IOException {
    Path keys =
        Secrets.write(temp.resolve("passwd"), server.identity() + ":" + server.credential());
    URI endpoint = URI.create("http://127.0.0.1:" + server.port());
    BackupOptions options =
        BackupOptions.builder()
            .waiting(w -> w.withRetries(0))
            .connection(
                c -> c.withEndpoint(endpoint).withAddressing(Addressing.PATH).withPasswdFile(keys))
            .build();
    ConfirmedBucket.open(
            BucketPlace.of(new S3Location("bucket", "p"), options),
            mounted,
            new BucketAccess(options, readOnly, ProcessIdentity.read()),
            Optional.empty(),
            temp.resolve("state"))
        .close();
  }

  @Test
  void bucketThatTheMountDoesNotShow_isNotUsed_andNothingIsLeftInIt() {
    assertThatThrownBy(() -> open(/* readOnly= */ false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not show there");
    assertThat(probe.keys("")).isEmpty();
  }

  /** In a dry run nothing may be written, so that existing files are compared. */
  @Test
  void whereNothingMayBeWritten_filesMustLookAlike() throws IOException {
    assertThatThrownBy(() -> open(/* readOnly= */ true))
        .hasMessageContaining("nothing is there by which it could be recognised");
    long seconds = Files.getLastModifiedTime(mounted.resolve("f")).toInstant().getEpochSecond();
    probe.put("p/f", "content", Map.of("mode", "33188", "mtime", (seconds - 1) + ".5"));
    assertThatThrownBy(() -> open(/* readOnly= */ true))
        .hasMessageContaining("nothing is there by which it could be recognised");
  }
}
