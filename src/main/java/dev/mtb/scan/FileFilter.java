package dev.mtb.scan;

import com.google.common.collect.ImmutableList;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.Filters;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides what filters exclude from the backup. Thread-safe. */
public final class FileFilter {
  private static final Logger log = LoggerFactory.getLogger(FileFilter.class);

  /** By the Cache Directory Tagging Specification, https://bford.info/cachedir/. */
  private static final byte[] CACHE_SIGNATURE =
      "Signature: 8a477f597d28d172789f06886806bc55".getBytes(StandardCharsets.US_ASCII);

  private static final String CACHE_TAG = "CACHEDIR.TAG";

  private record CompiledRule(Filters.Rule rule, PathPattern pattern) {
    boolean decides(byte[] path, boolean isDirectory) {
      return pattern.matches(path, isDirectory) != rule.isNegated();
    }
  }

  private final Filters filters;
  private final Tree tree;
  private final List<CompiledRule> rules;

  /**
   * Compiles the rules.
   *
   * @param tree that the sources are in
   */
  public FileFilter(Filters filters, Tree tree) {
    this.filters = filters;
    this.tree = tree;
    rules =
        filters.rules().stream()
            .map(rule -> new CompiledRule(rule, new PathPattern(rule.pattern())))
            .collect(ImmutableList.toImmutableList());
  }

  /**
   * Tells whether something is left out, with everything below it.
   *
   * @param target where it would land; the destination itself is never left out
   */
  public boolean leavesOut(Path source, Path target, Metadata metadata) {
    boolean isDirectory = metadata.kind() == Kind.DIRECTORY;
    return leavesOutByName(source, target, isDirectory)
        || (isDirectory && isMarked(source, target))
        || (!isDirectory && isOutOfBounds(target, metadata));
  }

  /**
   * Tells whether a path is excluded both as a file and as a directory. Then a failure to look at
   * it does not matter.
   */
  public boolean leavesOutUnseen(Path source, Path target) {
    return leavesOutByName(source, target, false) || leavesOutByName(source, target, true);
  }

  /**
   * Tells whether rules leave something out by its name, so that nothing of that name is deleted at
   * the destination either.
   *
   * @param source absolute; where it would be
   */
  public boolean protects(Path source, Path target, boolean isDirectory) {
    return leavesOutByName(source, target, isDirectory);
  }

  /**
   * Tells whether {@link #protects} ever does.
   *
   * @return false if there are no rules
   */
  public boolean hasRules() {
    return !rules.isEmpty();
  }

  /**
   * Tells whether a directory is not looked into because of where it is.
   *
   * @param device that of the listed entry above it
   * @return whether it is on another file system and that matters
   */
  public boolean isOutside(Metadata directory, long device) {
    return filters.oneFileSystem()
        && directory.device() != Metadata.UNKNOWN
        && device != Metadata.UNKNOWN
        && directory.device() != device;
  }

  boolean looksAtDevices() {
    return filters.oneFileSystem();
  }

  /** Whether there may be directories that a walk does not go into. */
  boolean mayCutWalks() {
    return !rules.isEmpty()
        || filters.oneFileSystem()
        || filters.excludeCaches()
        || !filters.excludeIfPresent().isEmpty();
  }

  /**
   * Tells whether a rule leaves something out.
   *
   * @return whether it is left out, whatever else there is to know about it
   */
  public boolean leavesOutByName(Path source, Path target, boolean isDirectory) {
    if (rules.isEmpty()) {
      return false;
    }
    byte[] path = PathBytes.of(target);
    if (path.length == 0) {
      return false;
    }
    byte[] absolute = null;
    for (CompiledRule compiled : rules) {
      byte[] seen = path;
      if (compiled.rule.isAbsolute()) {
        absolute = absolute == null ? withoutRoot(PathBytes.of(source)) : absolute;
        seen = absolute;
      }
      if (compiled.decides(seen, isDirectory)) {
        if (!compiled.rule.isInclude()) {
          log.debug("left out by '{}': {}", compiled.rule, target);
        }
        return !compiled.rule.isInclude();
      }
    }
    return false;
  }

  private static byte[] withoutRoot(byte[] absolute) {
    boolean hasRoot = absolute.length > 0 && absolute[0] == '/';
    return hasRoot ? Arrays.copyOfRange(absolute, 1, absolute.length) : absolute;
  }

  private boolean isMarked(Path directory, Path target) {
    if (target.toString().isEmpty()) {
      return false;
    }
    for (String marker : filters.excludeIfPresent()) {
      Path file = PathBytes.resolve(directory, PathBytes.fromText(marker));
      if (isThere(file)) {
        log.debug("left out for its {}: {}", marker, target);
        return true;
      }
    }
    if (filters.excludeCaches() && isCache(directory)) {
      log.debug("left out as a cache: {}", target);
      return true;
    }
    return false;
  }

  private boolean isThere(Path file) {
    try {
      Metadata unused = tree.entry(file).look();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private boolean isCache(Path directory) {
    TreeEntry tag = tree.entry(directory.resolve(CACHE_TAG));
    try {
      // A pipe of that name must not be opened.
      if (tag.look().kind() != Kind.FILE) {
        return false;
      }
      ByteBuffer beginning = ByteBuffer.allocate(CACHE_SIGNATURE.length);
      try (ReadableByteChannel in = tag.read()) {
        while (beginning.hasRemaining() && in.read(beginning) >= 0) {
          // The loop ends when the buffer is full or the file ends.
        }
      }
      return Arrays.equals(beginning.array(), CACHE_SIGNATURE);
    } catch (IOException e) {
      // If the tag cannot be read, the directory is not taken for a cache. If it cannot be backed
      // up, that is reported.
      return false;
    }
  }

  private boolean isOutOfBounds(Path target, Metadata metadata) {
    boolean isFile = metadata.kind() == Kind.FILE;
    boolean isTooSmall =
        isFile && filters.minSize().isPresent() && metadata.size() < filters.minSize().getAsLong();
    boolean isTooLarge =
        isFile && filters.maxSize().isPresent() && metadata.size() > filters.maxSize().getAsLong();
    boolean isTooOld =
        filters.newerThan().isPresent() && metadata.mtime().isBefore(filters.newerThan().get());
    boolean isOut = isTooSmall || isTooLarge || isTooOld;
    if (isOut) {
      log.debug("left out by its {}: {}", isTooOld ? "age" : "size", target);
    }
    return isOut;
  }
}
