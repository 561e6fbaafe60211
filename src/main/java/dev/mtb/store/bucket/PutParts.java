package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.Content;
import dev.mtb.store.ContentTag;
import dev.mtb.store.FileWrite;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveAction;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An upload of a large file in parts. They are sent side by side by the idle threads of the calling
 * thread's pool. A part is read while it is sent, so that none is held in memory.
 */
final class PutParts implements FileWrite {
  private final ObjectWriter writer;
  private final MultipartUploads uploads;
  private final ObjectWriter.Target target;
  private final String key;
  private final Content content;
  private final long size;
  private final String uploadId;
  private final UploadedPart[] parts;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private boolean isDone;

  PutParts(ObjectWriter writer, ObjectWriter.Target target, Metadata source, Content content)
      throws IOException {
    this.writer = writer;
    uploads = writer.uploads();
    this.target = target;
    key = target.key();
    this.content = content;
    size = source.size();
    long partSize = ContentTag.partSize(size);
    parts = new UploadedPart[(int) ((size + partSize - 1) / partSize)];
    uploadId = uploads.startAnew(key, source);
    try {
      send(partSize);
    } catch (IOException | RuntimeException | Error e) {
      try {
        close();
      } catch (IOException e2) {
        e.addSuppressed(e2);
      }
      throw e;
    }
  }

  /**
   * Sends the parts. No part throws: the pool does not wait for the other tasks when one throws,
   * and if the upload is aborted while a part is sent the server may keep the part.
   */
  private void send(long partSize) throws IOException {
    List<Part> tasks = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      long start = i * partSize;
      tasks.add(new Part(i, start, Math.min(partSize, size - start)));
    }
    ForkJoinTask.invokeAll(tasks);
    Throwable first = failure.get();
    if (first instanceof IOException e) {
      throw e;
    }
    if (first instanceof RuntimeException e) {
      throw e;
    }
    if (first instanceof Error e) {
      throw e;
    }
  }

  /** One part. */
  private final class Part extends RecursiveAction {
    private final int index;
    private final long start;
    private final long length;

    Part(int index, long start, long length) {
      this.index = index;
      this.start = start;
      this.length = length;
    }

    @Override
    protected void compute() {
      ContentBody body = new ContentBody(content, start, length);
      try {
        // Before it begins: a server may keep what it has of a part that is cut off.
        stopIfAnotherFailed();
        content.stopIfAsked();
        parts[index] = uploads.sendPart(key, uploadId, index + 1, body, body::md5);
        content.sent(length);
      } catch (IOException | RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      }
    }
  }

  private void stopIfAnotherFailed() throws IOException {
    if (failure.get() != null) {
      throw new IOException("another part of it could not be sent", failure.get());
    }
  }

  @Override
  public void write(ByteBuffer piece) {
    throw new UnsupportedOperationException("the content is read where it is");
  }

  @Override
  public void commit(Metadata source) throws IOException {
    writer.complete(target, source, uploadId, Arrays.asList(parts));
    isDone = true;
  }

  @Override
  public void close() throws IOException {
    if (!isDone) {
      uploads.abort(key, uploadId);
    }
  }
}
