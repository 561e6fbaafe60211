package dev.mtb.store.mount;

import dev.mtb.model.Metadata;
import dev.mtb.store.FileWrite;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A write on S3FS that checks the mount after a failure, and opens the gate for reads at its end.
 */
final class GuardedWrite implements FileWrite {
  private final FileWrite write;
  private final S3fsMountPoint mountPoint;
  private final WriteGate gate;
  private boolean isOpen = true;

  /** Guards a write for which {@link WriteGate#beginWriting} was called. */
  GuardedWrite(FileWrite write, S3fsMountPoint mountPoint, WriteGate gate) {
    this.write = write;
    this.mountPoint = mountPoint;
    this.gate = gate;
  }

  @Override
  public void write(ByteBuffer content) throws IOException {
    mountPoint.reading(() -> write.write(content));
  }

  @Override
  public void commit(Metadata source) throws IOException {
    mountPoint.changing(() -> write.commit(source));
  }

  @Override
  public void close() throws IOException {
    try {
      mountPoint.reading(write::close);
    } finally {
      if (isOpen) {
        isOpen = false;
        gate.endWriting();
      }
    }
  }
}
