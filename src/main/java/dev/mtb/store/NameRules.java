package dev.mtb.store;

import dev.mtb.model.PathBytes;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Locale;

/**
 * Which names a destination takes for one. Immutable.
 *
 * <p>The rules of file systems differ in rare letters. Where in doubt, two names are taken for one
 * here: that is reported, while two files that become one are a loss.
 *
 * @param ignoresCase whether {@code README} and {@code Readme} are one
 * @param normalises whether a letter with an accent and the same in two code points are one
 */
public record NameRules(boolean ignoresCase, boolean normalises) {
  /** Each name is one of its own. */
  public static final NameRules EXACT = new NameRules(false, false);

  /**
   * Whether there is nothing to be folded.
   *
   * @return false if two names may be one
   */
  public boolean isExact() {
    return !ignoresCase && !normalises;
  }

  /**
   * What all names have in common that are one here.
   *
   * @param path a name, or several
   * @return the same for the same names
   */
  public String fold(Path path) {
    return fold(PathBytes.toText(path).replace(path.getFileSystem().getSeparator(), "/"));
  }

  private String fold(String text) {
    if (!ignoresCase) {
      return normalises ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
    }
    if (normalises) {
      // Those file systems (APFS, HFS+, ext4 with casefold) fold whole words: ss is a sharp s.
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
   * Why two names are one here.
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
