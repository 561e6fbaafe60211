package dev.mtb.store;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.ErrorText;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Optional;

/**
 * What a failure of a destination means. A failure that ends the run has no diagnosis: it is a
 * {@link DestinationException}.
 *
 * @param kind what is done about it
 * @param text what is wrong and what to do, for the user, without the file's name
 */
public record Diagnosis(Kind kind, String text) {
  /** What is done about a failure. */
  public enum Kind {
    /** The error may pass, so the operation is retried. */
    TRANSIENT,
    /** The error will not pass soon, and will probably affect other files, too. */
    LASTING,
    /** It concerns this file only, and stays so until a person acts. */
    OF_THIS_FILE
  }

  /** Checks that nothing is null. */
  public Diagnosis {
    requireNonNull(kind);
    requireNonNull(text);
  }

  /**
   * The diagnosis for an ordinary folder, from the failure alone. An unknown error counts as
   * transient.
   *
   * @param failure of an operation on the destination
   * @return never null
   */
  public static Diagnosis of(IOException failure) {
    return of(failure, /* onS3fs= */ false);
  }

  public static Diagnosis of(IOException failure, boolean onS3fs) {
    if (failure instanceof RefusedException) {
      return new Diagnosis(Kind.OF_THIS_FILE, failure.getMessage());
    }
    if (failure instanceof AttributesException unset) {
      return new Diagnosis(of(unset.first(), onS3fs).kind(), unset.getMessage());
    }
    IOException root = root(failure);
    String words = ErrorText.of(root);
    Optional<Errno> errno = Errno.of(root);
    return errno.isEmpty()
        ? new Diagnosis(Kind.TRANSIENT, words)
        : new Diagnosis(errno.get().kind(onS3fs), words + "; " + errno.get().remedy(onS3fs));
  }

  /** Deleting a tree (Guava) reports what really failed as suppressed only. */
  public static IOException root(IOException failure) {
    boolean isCollected =
        failure instanceof FileSystemException
            && Errno.of(failure).isEmpty()
            && failure.getSuppressed().length > 0;
    return isCollected && failure.getSuppressed()[0] instanceof IOException first ? first : failure;
  }
}
