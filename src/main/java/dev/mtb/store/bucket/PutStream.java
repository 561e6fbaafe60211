package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Metadata;
import dev.mtb.s3.Body;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.ContentTag;
import dev.mtb.store.FileWrite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An upload of content that the caller writes piece by piece: one PUT, or an upload in parts if
 * there is more than one part.
 */
final class PutStream implements FileWrite {
  private final ObjectWriter writer;
  private final MultipartUploads uploads;
  private final ObjectWriter.Target target;
  private final String key;
  private final Metadata source;
  private final ByteArrayOutputStream pending;
  private final List<UploadedPart> parts = new ArrayList<>();
  private String uploadId;
  private boolean isDone;

  PutStream(ObjectWriter writer, ObjectWriter.Target target, Metadata source) {
    this.writer = writer;
    uploads = writer.large().requests();
    this.target = target;
    key = target.key();
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
      uploadId = uploads.startAnew(key, uploads.headers(key, source), List.of());
    }
    byte[] bytes = pending.toByteArray();
    pending.reset();
    parts.add(
        uploads.sendPart(
            key,
            uploadId,
            parts.size() + 1,
            Body.of(bytes),
            () -> DigestAlgorithm.MD5.start().digest(bytes)));
  }

  @Override
  public void commit(Metadata metadata) throws IOException {
    if (uploadId == null) {
      writer.put(target, metadata, Requests.Upload.of(pending.toByteArray()));
    } else {
      sendPart();
      StoredVersion stored = writer.complete(target, uploadId, parts);
      isDone = true;
      writer.remember(key, metadata, stored);
    }
  }

  @Override
  public void close() throws IOException {
    if (!isDone && uploadId != null) {
      uploads.abort(key, uploadId);
    }
  }
}
