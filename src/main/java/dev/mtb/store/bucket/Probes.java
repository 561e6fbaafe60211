package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The probe objects of a destination, by which a mount of its bucket can be recognised. */
final class Probes {
  private static final Logger log = LoggerFactory.getLogger(Probes.class);

  private final Requests requests;
  private volatile CompletableFuture<Void> deletion = CompletableFuture.completedFuture(null);

  Probes(Requests requests) {
    this.requests = requests;
  }

  BucketStore.Probe write(String key) throws IOException {
    // No other program has written so many bytes at such a time.
    byte[] content = new byte[1 + (int) (System.nanoTime() & 0xFF)];
    Instant mtime = Instant.ofEpochSecond(1_000_000_000, System.nanoTime() & 0xFFFFFF);
    int none = Metadata.UNKNOWN;
    Metadata metadata =
        new Metadata(Kind.FILE, content.length, mtime, 0600, none, none, none, none);
    requests.put(key, metadata, Requests.Upload.of(content));
    return new BucketStore.Probe(content.length, mtime, () -> deleteLater(key));
  }

  /** Deletes a probe in the background, since the run does not depend on it. */
  private void deleteLater(String key) {
    deletion =
        CompletableFuture.runAsync(
            () -> {
              try {
                requests.delete(key);
              } catch (IOException e) {
                log.warn("{} could not be deleted: {}", key, e.getMessage());
              }
            });
  }

  /** Waits until the last probe is deleted. */
  void awaitDeletion() {
    deletion.exceptionally(e -> null).join();
  }
}
