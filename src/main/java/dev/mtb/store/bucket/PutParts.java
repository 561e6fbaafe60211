package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import dev.mtb.store.Content;
import dev.mtb.store.ContentTag;
import dev.mtb.store.FileWrite;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveAction;
import java.util.concurrent.atomic.AtomicReference;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * Uploads a large file in parts, side by side in the pool of the calling thread: whoever has
 * nothing else to do takes one. Parts are read where they are sent, so that none is held in memory.
 */
final class PutParts implements FileWrite {
  private final BucketDestination destination;
  private final Requests requests;
  private final String key;
  private final Content content;
  private final long size;
  private final String uploadId;
  private final CompletedPart[] parts;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private boolean isDone;

  PutParts(
      BucketDestination destination,
      Requests requests,
      String key,
      Metadata source,
      Content content)
      throws IOException {
    this.destination = destination;
    this.requests = requests;
    this.key = key;
    this.content = content;
    size = source.size();
    long partSize = ContentTag.partSize(size);
    parts = new CompletedPart[(int) ((size + partSize - 1) / partSize)];
    uploadId = destination.startUpload(key, source);
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
   * No part throws: a task that is running when another one fails would be taken for ended, and an
   * upload that is aborted meanwhile may keep what it sends.
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
      ContentStream stream = new ContentStream(new Watched(), start, length);
      try {
        stopIfAnotherFailed();
        parts[index] = requests.uploadPart(key, uploadId, index + 1, stream, length, stream::md5);
        content.sent(length);
      } catch (IOException e) {
        failure.compareAndSet(null, stream.failure().orElse(e));
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      } finally {
        stream.close();
      }
    }
  }

  /** The content, for parts that have no use any more when another one has failed. */
  private final class Watched implements Content {
    @Override
    public SeekableByteChannel open() throws IOException {
      return content.open();
    }

    @Override
    public void sent(long bytes) {
      content.sent(bytes);
    }

    @Override
    public void stopIfAsked() throws IOException {
      stopIfAnotherFailed();
      content.stopIfAsked();
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
    Requests.Stored stored = requests.completeUpload(key, uploadId, Arrays.asList(parts));
    isDone = true;
    destination.remember(key, source, stored);
  }

  @Override
  public void close() throws IOException {
    if (!isDone) {
      requests.abortUpload(key, uploadId);
    }
  }
}
