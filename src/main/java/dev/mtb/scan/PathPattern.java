package dev.mtb.scan;

import dev.mtb.model.PathBytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A pattern of a filter rule, with rsync's meaning (PATTERN MATCHING RULES in its manual page), on
 * bytes: {@code ?} is one byte. Immutable.
 *
 * <p>The matcher keeps the set of all positions in the pattern that the text read so far can lead
 * to. So the time for a match is at most the length of the pattern times that of the path.
 */
final class PathPattern {
  /** Which part of a path the pattern must match, to its end. */
  private enum Start {
    /** The last name. */
    NAME,
    /** All of it. */
    PATH,
    /** As many last names as the pattern has. */
    LAST_NAMES,
    /** All of it, or what begins at any name. */
    ANY_NAME
  }

  /** One byte of a set, or any number of bytes of a set. */
  private record Step(BitSet bytes, boolean isRepeated) {}

  private static final int BYTES = 256;

  private final boolean onlyDirectories;
  private final Start start;
  private final int names;
  private final boolean isLedBySlash;
  private final boolean isWholeTree;

  /** Empty if the pattern is one that nothing can match, such as an open bracket. */
  private final List<Step> steps;

  private final boolean isPossible;

  /**
   * Compiles a pattern.
   *
   * @param text in the sense of {@link PathBytes#toText(byte[])}
   */
  PathPattern(String text) {
    byte[] bytes = PathBytes.fromText(text);
    int length = bytes.length;
    onlyDirectories = length > 1 && bytes[length - 1] == '/';
    if (onlyDirectories) {
      length--;
    }
    int slashes = 0;
    boolean isWild = false;
    int firstDoubleStar = -1;
    for (int i = 0; i < length; i++) {
      slashes += bytes[i] == '/' ? 1 : 0;
      isWild |= bytes[i] == '*' || bytes[i] == '?' || bytes[i] == '[';
      boolean isDouble = bytes[i] == '*' && i + 1 < length && bytes[i + 1] == '*';
      if (isDouble && firstDoubleStar < 0) {
        firstDoubleStar = i;
      }
    }
    boolean isAnchored = length > 0 && bytes[0] == '/';
    boolean crosses = firstDoubleStar >= 0;
    if (slashes == 0 && !crosses) {
      start = Start.NAME;
    } else if (!isAnchored && slashes > 0 && !crosses) {
      start = Start.LAST_NAMES;
    } else {
      start = isAnchored || !crosses || firstDoubleStar == 0 ? Start.PATH : Start.ANY_NAME;
    }
    names = slashes + 1;
    isLedBySlash = firstDoubleStar == 0;
    isWholeTree = crosses && length >= 3 && endsWithStars(bytes, length);
    Compiler compiler = new Compiler(bytes, isAnchored ? 1 : 0, length, isWild);
    steps = compiler.steps;
    isPossible = compiler.isPossible;
  }

  private static boolean endsWithStars(byte[] bytes, int length) {
    return bytes[length - 1] == '*' && bytes[length - 2] == '*' && bytes[length - 3] == '*';
  }

  /**
   * Tells whether a path is matched.
   *
   * @param path without a slash at its beginning or end
   */
  boolean matches(byte[] path, boolean isDirectory) {
    boolean isTreeItself = isDirectory && isWholeTree;
    if (!isPossible || (onlyDirectories && !isDirectory)) {
      return false;
    }
    byte[] text = path;
    if (start != Start.NAME && (isLedBySlash || isTreeItself)) {
      // "**/x" also is an x at the top, "x/***" also is x itself.
      int lead = isLedBySlash ? 1 : 0;
      text = new byte[lead + path.length + (isTreeItself ? 1 : 0)];
      text[0] = '/';
      text[text.length - 1] = '/';
      System.arraycopy(path, 0, text, lead, path.length);
    }
    return switch (start) {
      case PATH -> runs(text, 0);
      case NAME -> runs(text, lastNames(text, 1));
      case LAST_NAMES -> {
        int from = lastNames(text, names);
        yield from >= 0 && runs(text, from);
      }
      case ANY_NAME -> {
        boolean isMatch = runs(text, 0);
        for (int i = 0; i < text.length && !isMatch; i++) {
          isMatch = text[i] == '/' && runs(text, i + 1);
        }
        yield isMatch;
      }
    };
  }

  /** The position at which the last names of a path begin; -1 if the path has fewer names. */
  private static int lastNames(byte[] text, int count) {
    int left = count;
    for (int i = text.length - 1; i >= 0; i--) {
      if (text[i] == '/' && --left == 0) {
        return i + 1;
      }
    }
    return left == 1 ? 0 : -1;
  }

  private boolean runs(byte[] text, int from) {
    BitSet places = new BitSet(steps.size() + 1);
    places.set(0);
    skipRepeated(places);
    for (int i = from; i < text.length && !places.isEmpty(); i++) {
      BitSet next = new BitSet(steps.size() + 1);
      for (int at = places.nextSetBit(0); at >= 0; at = places.nextSetBit(at + 1)) {
        if (at < steps.size() && steps.get(at).bytes.get(text[i] & 0xFF)) {
          next.set(steps.get(at).isRepeated ? at : at + 1);
        }
      }
      skipRepeated(next);
      places = next;
    }
    return places.get(steps.size());
  }

  /** Adds the positions after repeated steps, since a repeated step may match nothing. */
  private void skipRepeated(BitSet places) {
    for (int at = places.nextSetBit(0); at >= 0; at = places.nextSetBit(at + 1)) {
      if (at < steps.size() && steps.get(at).isRepeated) {
        places.set(at + 1);
      }
    }
  }

  private static BitSet only(int b) {
    BitSet set = new BitSet(BYTES);
    set.set(b);
    return set;
  }

  private static BitSet all(boolean withSlash) {
    BitSet set = new BitSet(BYTES);
    set.set(0, BYTES);
    set.set('/', withSlash);
    return set;
  }

  /** Reads a pattern from left to right. */
  private static final class Compiler {
    private final byte[] pattern;
    private final int end;
    private int at;
    final List<Step> steps = new ArrayList<>();
    boolean isPossible = true;

    Compiler(byte[] pattern, int begin, int end, boolean isWild) {
      this.pattern = pattern;
      this.end = end;
      at = begin;
      while (at < end) {
        int b = next();
        // In a pattern without wildcards, a backslash is an ordinary character.
        switch (isWild ? b : 'x') {
          case '*' -> star();
          case '?' -> steps.add(new Step(all(false), false));
          case '[' -> bracket();
          case '\\' -> steps.add(new Step(only(escaped()), false));
          default -> steps.add(new Step(only(b), false));
        }
      }
    }

    private int next() {
      return pattern[at++] & 0xFF;
    }

    private int peek(int ahead) {
      return at + ahead < end ? pattern[at + ahead] & 0xFF : -1;
    }

    private void star() {
      boolean crosses = peek(0) == '*';
      while (peek(0) == '*') {
        at++;
      }
      steps.add(new Step(all(crosses), true));
    }

    private int escaped() {
      if (at < end) {
        return next();
      }
      isPossible = false;
      return 0;
    }

    private void bracket() {
      boolean isNegated = peek(0) == '!' || peek(0) == '^';
      if (isNegated) {
        at++;
      }
      BitSet set = new BitSet(BYTES);
      int previous = 0;
      boolean isFirst = true;
      // A closing bracket that comes first is a member of the set.
      while (isFirst || peek(0) != ']') {
        isFirst = false;
        if (at >= end) {
          isPossible = false;
          return;
        }
        previous = member(set, previous);
      }
      at++;
      if (isNegated) {
        set.flip(0, BYTES);
      }
      set.clear('/');
      steps.add(new Step(set, false));
    }

    /** Adds one member; returns it if a range may begin with it. */
    private int member(BitSet set, int previous) {
      int b = next();
      if (b == '\\') {
        int escaped = escaped();
        set.set(escaped);
        return escaped;
      }
      if (b == '-' && previous != 0 && peek(0) >= 0 && peek(0) != ']') {
        int last = next();
        if (last == '\\') {
          last = escaped();
        }
        if (previous <= last) {
          set.set(previous, last + 1);
        }
        return 0;
      }
      if (b == '[' && peek(0) == ':') {
        int close = at + 1;
        while (close < end && pattern[close] != ']') {
          close++;
        }
        if (close == end) {
          isPossible = false;
          at = end;
          return 0;
        }
        if (close - 1 > at && pattern[close - 1] == ':') {
          named(set, new String(pattern, at + 1, close - at - 2, StandardCharsets.ISO_8859_1));
          at = close + 1;
          return 0;
        }
      }
      set.set(b);
      return b;
    }

    private void named(BitSet set, String name) {
      switch (name) {
        case "alnum" -> {
          letters(set);
          set.set('0', '9' + 1);
        }
        case "alpha" -> letters(set);
        case "blank" -> {
          set.set(' ');
          set.set('\t');
        }
        case "cntrl" -> {
          set.set(0, ' ');
          set.set(0x7F);
        }
        case "digit" -> set.set('0', '9' + 1);
        case "graph" -> set.set('!', '~' + 1);
        case "lower" -> set.set('a', 'z' + 1);
        case "print" -> set.set(' ', '~' + 1);
        case "punct" -> {
          BitSet punctuation = new BitSet(BYTES);
          punctuation.set('!', '~' + 1);
          BitSet others = new BitSet(BYTES);
          letters(others);
          others.set('0', '9' + 1);
          punctuation.andNot(others);
          set.or(punctuation);
        }
        case "space" -> {
          set.set(' ');
          set.set('\t', '\r' + 1);
        }
        case "upper" -> set.set('A', 'Z' + 1);
        case "xdigit" -> {
          set.set('0', '9' + 1);
          set.set('a', 'f' + 1);
          set.set('A', 'F' + 1);
        }
        default -> isPossible = false;
      }
    }

    private static void letters(BitSet set) {
      set.set('a', 'z' + 1);
      set.set('A', 'Z' + 1);
    }
  }
}
