package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Metadata;
import dev.mtb.store.ContentTag;
import dev.mtb.store.FileWrite;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * Writes what comes piece by piece: one PUT, or, if it is more than a part, a part after another.
 */
final class PutStream implements FileWrite {
  private final BucketDestination destination;
  private final Requests requests;
  private final String key;
  private final Metadata source;
  private final ByteArrayOutputStream pending;
  private final List<CompletedPart> parts = new ArrayList<>();
  private String uploadId;
  private boolean isDone;

  PutStream(BucketDestination destination, Requests requests, String key, Metadata source) {
    this.destination = destination;
    this.requests = requests;
    this.key = key;
    this.source = source;
    pending = new ByteArrayOutputStream((int) Math.min(source.size(), ContentTag.PART_SIZE));
  }

  @Override
  public void write(ByteBuffer content) throws IOException {
    while (content.hasRemaining()) {
      if (pending.size() == partSize()) {
        sendPart();
      }
      byte[] piece = new byte[Math.min(content.remaining(), partSize() - pending.size())];
      content.get(piece);
      pending.write(piece);
    }
  }

  private int partSize() {
    return (int) ContentTag.partSize(source.size());
  }

  private void sendPart() throws IOException {
    if (uploadId == null) {
      uploadId = destination.startUpload(key, source);
    }
    byte[] bytes = pending.toByteArray();
    pending.reset();
    parts.add(
        requests.uploadPart(
            key,
            uploadId,
            parts.size() + 1,
            () -> new ByteArrayInputStream(bytes),
            bytes.length,
            () -> md5(bytes)));
  }

  private static byte[] md5(byte[] bytes) {
    return DigestAlgorithm.MD5.start().digest(bytes);
  }

  @Override
  public void commit(Metadata metadata) throws IOException {
    Requests.Stored stored;
    if (uploadId == null) {
      byte[] bytes = pending.toByteArray();
      stored = requests.put(key, metadata, Requests.Body.of(bytes));
    } else {
      sendPart();
      stored = requests.completeUpload(key, uploadId, parts);
    }
    isDone = true;
    destination.remember(key, metadata, stored);
  }

  @Override
  public void close() throws IOException {
    if (!isDone && uploadId != null) {
      requests.abortUpload(key, uploadId);
    }
  }
}
