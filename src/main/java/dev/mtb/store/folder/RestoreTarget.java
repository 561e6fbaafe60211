package dev.mtb.store.folder;

import dev.mtb.model.Metadata;
import dev.mtb.store.FileWrite;
import dev.mtb.store.RefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A directory that files are restored to, while users may work in it: a file that has changed since
 * it was compared is not replaced.
 */
public final class RestoreTarget extends FolderStore {
  public RestoreTarget(FolderPlace place) {
    super(place);
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    FileWrite write = super.write(file, source, existing);
    return new FileWrite() {
      @Override
      public void write(ByteBuffer content) throws IOException {
        write.write(content);
      }

      @Override
      public void commit(Metadata committed) throws IOException {
        // The check is repeated here, since reading a large file takes minutes.
        checkUntouched(file, existing);
        write.commit(committed);
      }

      @Override
      public void close() throws IOException {
        write.close();
      }
    };
  }

  @Override
  public void writeLink(Path link, Path where, Metadata source, Optional<Metadata> existing)
      throws IOException {
    checkUntouched(link, existing);
    super.writeLink(link, where, source, existing);
  }

  private void checkUntouched(Path file, Optional<Metadata> existing) throws RefusedException {
    Optional<Metadata> now;
    try {
      now = stat(file);
    } catch (IOException e) {
      // The replacement fails, too, and that failure is reported.
      return;
    }
    boolean isTouched =
        now.isPresent() && (existing.isEmpty() || !now.get().sameVersion(existing.get()));
    if (isTouched) {
      throw new RefusedException(
          "it was not replaced: another program has changed it since the restore began; run again");
    }
  }
}
