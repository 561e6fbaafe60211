package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The rules that exclude files from a backup. Immutable; made by {@link #builder()}. A rule that
 * MTB cannot read is an {@link InvalidJobException}, and so is a file of rules.
 *
 * <p>Rules have the syntax and the meaning of rsync's: the first one that matches decides, in the
 * order in which they were added, and what no rule matches is backed up. A directory that is left
 * out is not looked into. Patterns see the path at which a file lands in the destination.
 *
 * <pre>{@code
 * Filters filters = Filters.builder().include("*.keep.o").exclude("*.o").oneFileSystem(true).build();
 * }</pre>
 *
 * <p>What is left out is neither counted nor deleted at the destination.
 *
 * @param rules in the order in which they are tried
 * @param files the files that rules were read from, as they were named, with those that rules in
 *     them name; also those of rules that were forgotten again
 * @param excludeCaches whether directories are left out that hold a {@code CACHEDIR.TAG} with its
 *     signature
 * @param excludeIfPresent names that make a directory be left out if it holds one of them
 * @param oneFileSystem whether directories on another file system than that of the listed entry are
 *     not looked into; they are backed up empty
 * @param minSize files that are smaller are left out, in bytes; empty for no limit
 * @param maxSize files that are larger are left out, in bytes; empty for no limit
 * @param newerThan files and links that were last modified before are left out; empty for no limit
 */
public record Filters(
    List<Rule> rules,
    List<Path> files,
    boolean excludeCaches,
    List<String> excludeIfPresent,
    boolean oneFileSystem,
    OptionalLong minSize,
    OptionalLong maxSize,
    Optional<Instant> newerThan) {
  /** Leaves nothing out. */
  public static final Filters NONE = builder().build();

  /**
   * One rule.
   *
   * @param isInclude whether what it matches is backed up, rather than left out
   * @param isNegated whether it matches everything that the pattern does not match
   * @param isAbsolute whether the pattern sees the source's full path instead of where it lands
   * @param pattern as text in the sense of {@link PathBytes#toText(byte[])}
   */
  public record Rule(boolean isInclude, boolean isNegated, boolean isAbsolute, String pattern) {
    /** Checks that nothing is null. */
    public Rule {
      requireNonNull(pattern);
    }

    /** The rule as one would write it. */
    @Override
    public String toString() {
      String modifiers = (isAbsolute ? "/" : "") + (isNegated ? "!" : "");
      return (isInclude ? "+" : "-") + modifiers + " " + pattern;
    }
  }

  /** Makes the lists immutable. */
  public Filters {
    rules = ImmutableList.copyOf(rules);
    files = ImmutableList.copyOf(files);
    excludeIfPresent = ImmutableList.copyOf(excludeIfPresent);
    requireNonNull(newerThan);
  }

  /** Starts with filters that leave nothing out. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects filters. Not thread-safe. */
  public static final class Builder {
    private final FilterParser parser = new FilterParser();
    private final List<String> markers = new ArrayList<>();
    private boolean excludeCaches;
    private boolean oneFileSystem;
    private OptionalLong minSize = OptionalLong.empty();
    private OptionalLong maxSize = OptionalLong.empty();
    private Optional<Instant> newerThan = Optional.empty();

    private Builder() {}

    /**
     * Adds a rule that leaves out what the pattern matches. As for rsync, {@code +} or {@code -}
     * and a blank before it decide otherwise, and {@code !} alone forgets all rules so far.
     */
    public Builder exclude(String pattern) {
      parser.simple(pattern, false);
      return this;
    }

    /** Adds a rule that keeps what the pattern matches, with the same prefixes. */
    public Builder include(String pattern) {
      parser.simple(pattern, true);
      return this;
    }

    /**
     * Adds an {@link #exclude} for each line of a file, which is read at once. Blank lines and
     * lines that begin with {@code #} or {@code ;} are skipped.
     */
    public Builder excludeFrom(Path file) {
      parser.file(file, FilterParser.Form.EXCLUDES);
      return this;
    }

    /** Adds an {@link #include} for each line of a file, as {@link #excludeFrom} does. */
    public Builder includeFrom(Path file) {
      parser.file(file, FilterParser.Form.INCLUDES);
      return this;
    }

    /**
     * Adds a rule in rsync's form: {@code - PATTERN}, {@code + PATTERN}, {@code . FILE} (rules from
     * a file) or {@code !} (forget all rules so far), and their long names; {@code /} and {@code !}
     * are understood as modifiers. A rule that only rsync knows is refused.
     */
    public Builder filter(String rule) {
      parser.rule(rule);
      return this;
    }

    /** Sets whether rules end with NUL, not a new line, in files that are named after this call. */
    public Builder from0(boolean value) {
      parser.from0 = value;
      return this;
    }

    /** Sets {@link Filters#excludeCaches()}. */
    public Builder excludeCaches(boolean value) {
      excludeCaches = value;
      return this;
    }

    /** Adds a single name to {@link Filters#excludeIfPresent()}. */
    public Builder excludeIfPresent(String name) {
      if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
        throw new InvalidJobException("'" + name + "' is not the name of a file in a directory");
      }
      markers.add(name);
      return this;
    }

    /** Sets {@link Filters#oneFileSystem()}. */
    public Builder oneFileSystem(boolean value) {
      oneFileSystem = value;
      return this;
    }

    /** Sets {@link Filters#minSize()} in bytes. */
    public Builder minSize(long bytes) {
      minSize = OptionalLong.of(bytes);
      return this;
    }

    /** Sets {@link Filters#maxSize()} in bytes. */
    public Builder maxSize(long bytes) {
      maxSize = OptionalLong.of(bytes);
      return this;
    }

    /** Sets {@link Filters#newerThan()}. */
    public Builder newerThan(Instant time) {
      newerThan = Optional.of(time);
      return this;
    }

    /** Finishes. */
    public Filters build() {
      List<Rule> rules = parser.rules;
      return new Filters(
          rules, parser.files, excludeCaches, markers, oneFileSystem, minSize, maxSize, newerThan);
    }
  }
}
