package dev.mtb.model;

import com.google.common.collect.ImmutableMap;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Texts for exceptions whose class, and not their message, tells what failed. Stateless. */
public final class ErrorText {
  private static final String MISSING = "no such file or directory";

  private static final ImmutableMap<Class<? extends Exception>, String> KNOWN =
      ImmutableMap.of(
          AccessDeniedException.class, "permission denied",
          NoSuchFileException.class, MISSING,
          NotDirectoryException.class, "not a directory",
          DirectoryNotEmptyException.class, "directory not empty",
          FileAlreadyExistsException.class, "something of that name appeared meanwhile",
          FileSystemLoopException.class, "a loop of symbolic links",
          ReadOnlyFileSystemException.class, "read-only file system");

  /** Matches before each word of a class name, except the first. */
  private static final Pattern CAPITAL = Pattern.compile("(?<=[a-z])(?=[A-Z])");

  private ErrorText() {}

  /** Says that a listed file is not there, and why that may be. */
  public static String missing(Path name) {
    for (Path part : name) {
      if (part.toString().equals("~")) {
        return MISSING + "; only a shell replaces ~ by the home directory: write the full path";
      }
    }
    return name.toString().endsWith("\r")
        ? MISSING
            + "; its name ends with a carriage return: if the list was made on Windows, take those"
            + " out of it (tr -d '\\r')"
        : MISSING;
  }

  /** The reason without the file's name, which the caller has already. */
  public static String of(Throwable error) {
    for (Map.Entry<Class<? extends Exception>, String> known : KNOWN.entrySet()) {
      if (known.getKey().isInstance(error)) {
        return known.getValue();
      }
    }
    if (error instanceof FileSystemException e && e.getReason() != null) {
      return e.getReason();
    }
    String message = error.getMessage();
    return message == null || message.isBlank() ? words(error.getClass()) : message;
  }

  /**
   * The words in the name of an exception without a message, such as {@code closed channel} for
   * {@code ClosedChannelException}: the name of a class means nothing to a user.
   */
  private static String words(Class<?> type) {
    String name = type.getSimpleName().replaceFirst("(Exception|Error)$", "");
    String words = CAPITAL.matcher(name).replaceAll(" ").toLowerCase(Locale.ROOT);
    return words.isEmpty() ? "an unexpected error" : words;
  }
}
