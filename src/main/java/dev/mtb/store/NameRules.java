package dev.mtb.store;

import dev.mtb.model.PathBytes;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;

/**
 * The rules of a destination for names: which it takes for the same name, and which it cannot keep.
 * Immutable.
 *
 * <p>The rules of file systems differ in rare letters. In doubt this class takes two names for the
 * same: then one file fails and is reported, while otherwise one file would silently replace the
 * other.
 *
 * @param ignoresCase whether {@code README} and {@code Readme} are the same
 * @param normalises whether a letter with an accent and the same letter in two code points are the
 *     same
 * @param onS3 which names can be kept at all, if they become keys of S3; empty where only a write
 *     shows that
 */
public record NameRules(boolean ignoresCase, boolean normalises, Optional<S3fsNames> onS3) {
  /** All different names are different files. */
  public static final NameRules EXACT = new NameRules(false, false, Optional.empty());

  /**
   * The rules where names become keys of S3.
   *
   * @param names which can be kept
   * @return rules that take all different names for different files
   */
  public static NameRules ofKeys(S3fsNames names) {
    return new NameRules(false, false, Optional.of(names));
  }

  /**
   * Refuses a name that cannot be kept, without a request. Each write does so by itself.
   *
   * @param path below the destination
   * @throws RefusedException if it is known that it cannot be kept; says why, and what to do
   */
  public void check(Path path) throws RefusedException {
    if (onS3.isPresent()) {
      onS3.get().check(path);
    }
  }

  /**
   * Whether all different names are different files.
   *
   * @return false if two names may be the same
   */
  public boolean isExact() {
    return !ignoresCase && !normalises;
  }

  /**
   * The form that equivalent names share.
   *
   * @param path a name, or several
   * @return an equal text for names that are the same
   */
  public String fold(Path path) {
    return fold(PathBytes.toText(path).replace(path.getFileSystem().getSeparator(), "/"));
  }

  private String fold(String text) {
    if (!ignoresCase) {
      return normalises ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
    }
    if (normalises) {
      // Those file systems (APFS, HFS+, ext4 with casefold) fold several letters together: ss
      // equals a sharp s.
      String upper = Normalizer.normalize(text, Normalizer.Form.NFD).toUpperCase(Locale.ROOT);
      return Normalizer.normalize(upper.toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
    }
    StringBuilder folded = new StringBuilder(text.length());
    text.codePoints()
        .map(Character::toUpperCase)
        .map(Character::toLowerCase)
        .forEach(folded::appendCodePoint);
    return withoutEnds(folded.toString());
  }

  /** FAT and Windows ignore dots and spaces at the end of a name. */
  private static String withoutEnds(String text) {
    return text.replaceAll("(?<=[^/. ])[. ]+(?=/|$)", "");
  }

  /**
   * Why the destination takes two names for the same.
   *
   * @return such as "it ignores case"
   */
  public String reason() {
    if (!normalises) {
      return "it ignores case";
    }
    return ignoresCase ? "it ignores case, and how accents are written" : "it normalises Unicode";
  }
}
