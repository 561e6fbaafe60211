package dev.mtb.store;

import com.google.common.base.Splitter;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The user, group and umask of this process, which decide the owner and mode of the files that it
 * makes. This saves a system call, and on S3FS perhaps requests, for each file that is made with
 * the right owner and mode already.
 *
 * @param uid effective user, or -1 if unknown
 * @param gid effective group, or -1 if unknown
 * @param umask bits that the kernel takes from the mode of new files
 */
public record ProcessIdentity(int uid, int gid, int umask) {
  /**
   * The index of the file system id in the lines {@code Uid:} and {@code Gid:} (proc(5)): this id
   * owns new files.
   */
  private static final int FILE_SYSTEM_ID = 3;

  /**
   * Reads it from the kernel.
   *
   * @return user, group and umask of this process
   */
  public static ProcessIdentity read() {
    try {
      return parse(Files.readString(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1));
    } catch (IOException | RuntimeException e) {
      // Not Linux: the metadata is then set explicitly, which is always right.
      return new ProcessIdentity(-1, -1, 0777);
    }
  }

  static ProcessIdentity parse(String status) {
    Map<String, List<String>> fields = new HashMap<>();
    for (String line : Splitter.on('\n').split(status)) {
      List<String> words = Splitter.onPattern("[:\\s]+").splitToList(line);
      fields.put(words.get(0), words.subList(1, words.size()));
    }
    return new ProcessIdentity(
        Integer.parseInt(fields.get("Uid").get(FILE_SYSTEM_ID)),
        Integer.parseInt(fields.get("Gid").get(FILE_SYSTEM_ID)),
        Integer.parseInt(fields.get("Umask").get(0), 8));
  }

  /**
   * Whether it may give files to others.
   *
   * @return whether the user is 0
   */
  public boolean isRoot() {
    return uid == 0;
  }

  /**
   * Tells whether a file that is made with a mode has this mode, so that the umask removes no bit.
   */
  public boolean keepsMode(int mode) {
    return (mode & (umask | ~0777)) == 0;
  }

  /**
   * The metadata that a copy of {@code source} has when this process has just made it with a mode.
   */
  public Metadata created(Metadata source, int mode) {
    int kept = mode == Metadata.UNKNOWN ? mode : mode & ~umask & 0777;
    return new Metadata(
        source.kind(),
        source.size(),
        source.mtime(),
        kept,
        uid,
        gid,
        Metadata.UNKNOWN,
        Metadata.UNKNOWN);
  }

  public boolean is(int otherUid, int otherGid) {
    return uid == otherUid && gid == otherGid;
  }
}
