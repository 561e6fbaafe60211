package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import dev.mtb.s3.S3Exception;
import dev.mtb.store.ContentTag;
import dev.mtb.store.RefusedException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conditions under which files and links are written to a bucket: a new one only if there is
 * still nothing, a changed one only if it is still the version that the decision was made on. So
 * two machines that write to one prefix do not silently overwrite each other's files. A server that
 * does not honour conditions gets none. Thread-safe.
 */
final class WriteConditions {
  private static final Logger log = LoggerFactory.getLogger(WriteConditions.class);

  static final String IF_MATCH = "if-match";

  private final Requests requests;
  private final Optional<ServerConditions> server;

  /**
   * Makes them.
   *
   * @param server empty if conflicts are to be overwritten, or nothing is written at all
   */
  WriteConditions(Requests requests, Optional<ServerConditions> server) {
    this.requests = requests;
    this.server = server;
  }

  /** A request that stores an object under a condition. */
  interface Write {
    StoredVersion send(Map<String, String> condition) throws IOException;
  }

  /**
   * Writes a file or link.
   *
   * @param isInParts whether it is completed from parts
   * @throws RefusedException if another program has written or deleted it meanwhile
   */
  StoredVersion send(ObjectWriter.Target target, boolean isInParts, Write write)
      throws IOException {
    Map<String, String> condition = of(target.existing(), isInParts);
    try {
      return write.send(condition);
    } catch (IOException e) {
      if (condition.isEmpty() || !isRefusal(condition, e)) {
        throw e;
      }
      Optional<Requests.Head> now = requests.head(target.key());
      if (S3Errors.isPreconditionFailed(e) && isTag(condition.get(IF_MATCH), now)) {
        // OpenStack Swift refuses the current tag of objects that were uploaded in parts
        // (ServerCopies).
        log.info("the server refuses {} by its current tag; it is written without", target.key());
        return write.send(Map.of());
      }
      if (target.existing().isEmpty() && now.isPresent() && wasThereBefore(now.get())) {
        log.info("{} was there before this run, although a look did not find it", target.key());
        return write.send(of(Optional.of(now.get().metadata()), isInParts));
      }
      throw conflict(now.isPresent(), e);
    }
  }

  /**
   * Whether the object existed before this run. A server that has just failed may answer that an
   * object does not exist (FaultIT).
   */
  private boolean wasThereBefore(Requests.Head now) {
    Optional<Instant> start = requests.client().startedAt();
    return start.isPresent()
        && now.storedAt().isPresent()
        && now.storedAt().get().isBefore(start.get());
  }

  private Map<String, String> of(Optional<Metadata> existing, boolean isInParts) {
    Optional<String> tag = existing.flatMap(Metadata::version);
    if (server.isEmpty() || (existing.isPresent() && tag.isEmpty())) {
      return Map.of();
    }
    ServerConditions.Condition needed =
        isInParts
            ? ServerConditions.Condition.OF_PARTS
            : existing.isEmpty()
                ? ServerConditions.Condition.OF_NEW
                : ServerConditions.Condition.OF_CHANGED;
    return server.get().header(needed, tag);
  }

  /** Some servers write their tags in capital letters, or without quotation marks. */
  private static boolean isTag(String wanted, Optional<Requests.Head> now) {
    return wanted != null
        && now.isPresent()
        && (wanted.equals(now.get().rawTag())
            || (now.get().tag().isPresent() && now.get().tag().equals(ContentTag.parse(wanted))));
  }

  /** The codes are those of the S3 user guide, "Conditional writes". */
  private static boolean isRefusal(Map<String, String> condition, IOException e) {
    return S3Errors.isPreconditionFailed(e)
        // Another write or deletion is under way.
        || (e.getCause() instanceof S3Exception refusal
            && refusal.code().equals("ConditionalRequestConflict"))
        // What was to be replaced is not there any more.
        || (e instanceof NoSuchFileException && condition.containsKey(IF_MATCH));
  }

  private static RefusedException conflict(boolean isThere, IOException cause) {
    RefusedException conflict =
        new RefusedException(
            "conflict: another program has "
                + (isThere ? "written" : "deleted")
                + " it in the bucket since this run listed it, and it was left as it is there; run"
                + " again to compare it anew, or set Checks.overwriteConflicts; machines that back"
                + " up the same names need a prefix each");
    conflict.initCause(cause);
    return conflict;
  }
}
