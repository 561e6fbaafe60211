package dev.mtb.store.bucket;

import com.google.common.base.Splitter;
import dev.mtb.model.PathBytes;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.NameRules;
import dev.mtb.store.S3fsNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** The keys of the objects below a prefix, and the rules for names in keys. */
final class BucketKeys {
  /** The longest target of a link: the longest path of Linux (PATH_MAX). */
  static final int LONGEST_TARGET = 4096;

  private final String prefix;
  private final NameRules rules;

  BucketKeys(String prefix) {
    this.prefix = prefix;
    rules =
        NameRules.ofKeys(
            new S3fsNames(
                /* anyBytes= */ false,
                /* compatDirectories= */ true,
                prefix.getBytes(StandardCharsets.UTF_8).length));
  }

  /** Which names can be kept. */
  NameRules rules() {
    return rules;
  }

  /** The prefix; empty for a whole bucket, else with a slash at its end. */
  String prefix() {
    return prefix;
  }

  /** The key of a file or link. */
  String of(Path path) {
    StringBuilder key = new StringBuilder(prefix);
    for (Path name : path) {
      String text = new String(PathBytes.of(name), StandardCharsets.UTF_8);
      if (!text.isEmpty()) {
        key.append(key.length() == prefix.length() ? "" : "/").append(text);
      }
    }
    return key.toString();
  }

  /** The key of what a list shows. */
  String of(Path path, ListedEntry entry) {
    return entry.isDirectory() ? ofDirectory(path) : of(path);
  }

  String ofDirectory(Path path) {
    return withSlash(of(path));
  }

  /** The key of what is about to be changed. */
  String checked(Path path) throws IOException {
    rules.check(path);
    return of(path);
  }

  /** The key of a directory, from its key with or without the slash. */
  static String withSlash(String key) {
    return key.isEmpty() || key.endsWith("/") ? key : key + "/";
  }

  /**
   * Whether every proxy and server takes a key as it is. Some take dots in it for a path, and would
   * use another object.
   */
  static boolean isPlain(String key) {
    for (String name : Splitter.on('/').split(key)) {
      if (name.equals(".") || name.equals("..")) {
        return false;
      }
    }
    return true;
  }

  /** Whether a file can have a name. */
  static boolean isName(String name) {
    return !name.isEmpty()
        && !name.equals(".")
        && !name.equals("..")
        && name.indexOf('/') < 0
        && name.indexOf('\0') < 0;
  }

  /** The path of a name in a key; empty if no file can have that name. */
  static Optional<Path> pathOf(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      return Optional.empty();
    }
    try {
      return Optional.of(PathBytes.resolve(Path.of(""), name.getBytes(StandardCharsets.UTF_8)));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
