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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveAction;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An upload of a large file in parts. The idle threads of the calling thread's pool send them in
 * parallel. A part is read while it is sent, so that none is held in memory. A part that the server
 * may have already is read for its MD5 first, and not sent if it is there.
 */
final class PutParts implements FileWrite {
  private static final Logger log = LoggerFactory.getLogger(PutParts.class);

  private final LargeUploads uploads;
  private final ObjectWriter.Target target;
  private final String key;
  private final Content content;
  private final long size;
  private final UploadedPart[] parts;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private LargeUploads.Ongoing upload;
  private PartDigests digests;
  private boolean isDone;

  /** Sends the content. */
  PutParts(LargeUploads uploads, ObjectWriter.Target target, Metadata source, Content content)
      throws IOException {
    this.uploads = uploads;
    this.target = target;
    key = target.key();
    this.content = content;
    size = source.size();
    digests = new PartDigests(size);
    parts = new UploadedPart[digests.count()];
    upload = uploads.begin(target, source);
    try {
      send();
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
  private void send() throws IOException {
    List<Part> tasks = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      tasks.add(new Part(i));
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

    Part(int index) {
      this.index = index;
    }

    @Override
    protected void compute() {
      long start = digests.start(index);
      ContentBody body = new ContentBody(content, start, digests.length(index));
      try {
        // This is checked before the part begins, since a server may keep a part that is cut off.
        stopIfAnotherFailed();
        content.stopIfAsked();
        Optional<UploadedPart> there = upload.reuse().find(index, start, body);
        parts[index] =
            there.isPresent()
                ? there.get()
                : uploads.requests().sendPart(key, upload.id(), index + 1, body, body::md5);
        digests.set(index, body.md5());
        content.sent(body.length());
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
    try {
      StoredVersion stored = uploads.complete(target, upload.id(), Arrays.asList(parts));
      isDone = true;
      long reused = upload.reuse().bytes();
      Optional<ContentTag> tag = stored.tag();
      if (reused > 0 && tag.isPresent() && !tag.get().equals(digests.tag())) {
        stored = sendAgain(source, tag.get());
      } else if (reused > 0) {
        log.info("{}: {} of {} bytes were sent, the rest was there", key, size - reused, size);
      }
      uploads.remember(key, source, stored, digests);
    } catch (IOException e) {
      failure.compareAndSet(null, e);
      throw e;
    }
  }

  /**
   * Sends the file again as a whole, since the server has made another object than its answers for
   * the parts promised.
   */
  private StoredVersion sendAgain(Metadata source, ContentTag tag) throws IOException {
    log.warn("{} is sent again as a whole: its ETag is {}, not {}", key, tag, digests.tag());
    uploads.distrust(key, source);
    upload = uploads.beginWhole(key, source);
    isDone = false;
    PartDigests first = digests;
    digests = new PartDigests(size);
    send();
    if (!digests.isSame(first)) {
      throw new IOException("it changed while it was read");
    }
    // No condition is needed, since this run has just stored the existing object.
    StoredVersion stored =
        uploads.requests().complete(key, upload.id(), Arrays.asList(parts), Map.of());
    isDone = true;
    return stored;
  }

  @Override
  public void close() throws IOException {
    if (!isDone) {
      uploads.end(key, upload.id(), isStopping() || LargeUploads.isInterruption(failure.get()));
    }
  }

  private boolean isStopping() {
    try {
      content.stopIfAsked();
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
