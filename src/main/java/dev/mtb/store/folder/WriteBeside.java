package dev.mtb.store.folder;

import dev.mtb.model.Metadata;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Store;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;

/** A write under a temporary name in the same directory, which is renamed at the end. */
public final class WriteBeside implements FileWrite {
  /**
   * The mode of a temporary file: other users must not read it before it has its final owner and
   * mode.
   */
  public static final int MODE = 0600;

  /**
   * A buffer of zeros to compare with. A hole saves space from the size of a block on, and direct
   * buffers are compared word by word.
   */
  private static final ByteBuffer ZEROS =
      ByteBuffer.allocateDirect(Store.SMALL_FILE).asReadOnlyBuffer();

  private final FolderStore destination;
  private final Folder folder;
  private final Path path;
  private final boolean replaces;
  private final boolean keepHoles;
  private final NewFile temporary;
  private final SeekableByteChannel channel;
  private boolean endsInHole;
  private boolean isOpen = true;
  private boolean isPublished;

  /**
   * Begins a write. A source without a mode gets that of any new file.
   *
   * @param replaces whether the target exists
   * @param keepHoles whether long runs of zeros are left out, so that a sparse file stays sparse
   */
  public WriteBeside(
      FolderStore destination, Path path, Metadata source, boolean replaces, boolean keepHoles)
      throws IOException {
    this.destination = destination;
    this.path = path;
    this.replaces = replaces;
    this.keepHoles = keepHoles;
    folder = destination.tree.folderOf(path);
    try {
      int mode = source.mode() == Metadata.UNKNOWN ? Metadata.UNKNOWN : MODE;
      temporary = new NewFile(folder, path.resolveSibling(TemporaryNames.next()), mode);
      channel = folder.create(name(), destination.metadata.modeAttribute(mode));
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private Path name() {
    return temporary.path().getFileName();
  }

  @Override
  public void write(ByteBuffer content) throws IOException {
    if (keepHoles && isHole(content)) {
      channel.position(channel.position() + content.remaining());
      content.position(content.limit());
      endsInHole = true;
      return;
    }
    while (content.hasRemaining()) {
      channel.write(content);
    }
    endsInHole = false;
  }

  /** Whether a buffer has only zeros. Shorter runs of zeros are not looked for. */
  private static boolean isHole(ByteBuffer content) {
    return content.remaining() == ZEROS.capacity() && content.mismatch(ZEROS.duplicate()) < 0;
  }

  @Override
  public void commit(Metadata source) throws IOException {
    if (endsInHole) {
      // The file ends with a hole. Only a write makes it longer, so the last byte is written.
      channel.position(channel.position() - 1);
      channel.write(ByteBuffer.allocate(1));
    }
    AttributeSetter setter = new AttributeSetter();
    destination.finish(channel, temporary, source, setter);
    isOpen = false;
    destination.names.publish(folder, name(), path.getFileName(), replaces);
    isPublished = true;
    setter.set(AttributeSetter.What.TIME, () -> destination.metadata.setAfterRename(path, source));
    setter.check();
  }

  @Override
  public void close() throws IOException {
    try (folder) {
      if (!isPublished) {
        undo();
      }
    }
  }

  private void undo() throws IOException {
    try {
      if (isOpen) {
        channel.close();
      }
    } finally {
      folder.deleteIfExists(name());
    }
  }
}
