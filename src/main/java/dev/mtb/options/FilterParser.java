package dev.mtb.options;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads filter rules as rsync's manual page describes them. Not thread-safe. */
final class FilterParser {
  /** What the lines of a file are. */
  enum Form {
    /** Patterns to leave out, unless a prefix says otherwise. */
    EXCLUDES,
    /** Patterns to keep, unless a prefix says otherwise. */
    INCLUDES,
    /** Whole rules. */
    RULES,
    /** Patterns to leave out, and nothing else. */
    ONLY_EXCLUDES,
    /** Patterns to keep, and nothing else. */
    ONLY_INCLUDES
  }

  /**
   * The most levels of rule files that name other rule files. Deeper nesting is taken for a loop.
   */
  private static final int DEEPEST = 32;

  /** The long name of each rule, and the letter that stands for it. */
  private static final List<String> NAMES =
      List.of(
          "clear", "!",
          "exclude", "-",
          "include", "+",
          "merge", ".",
          "hide", "H",
          "show", "S",
          "dir-merge", ":",
          "protect", "P",
          "risk", "R");

  /** What was read so far. */
  final List<Filters.Rule> rules = new ArrayList<>();

  /** The files that rules were read from. */
  final List<Path> files = new ArrayList<>();

  /** Whether the rules in files end with NUL. */
  boolean from0;

  private int depth;

  /** A pattern, with or without a prefix. */
  void simple(String text, boolean isInclude) {
    if (text.equals("!")) {
      rules.clear();
    } else if (text.startsWith("- ") || text.startsWith("+ ")) {
      add(text.charAt(0) == '+', false, false, text.substring(2), text);
    } else {
      add(isInclude, false, false, text, text);
    }
  }

  private void add(
      boolean isInclude, boolean isNegated, boolean isAbsolute, String pattern, String rule) {
    if (pattern.isEmpty()) {
      throw invalid(rule, "has no pattern");
    }
    rules.add(new Filters.Rule(isInclude, isNegated, isAbsolute, pattern));
  }

  private static InvalidJobException invalid(String rule, String what) {
    return new InvalidJobException("the filter rule '" + rule + "' " + what);
  }

  /** A rule with its prefix. */
  void rule(String text) {
    String rule = shortForm(text);
    String rest = rule.substring(Math.min(1, rule.length()));
    int blank = CharMatcher.anyOf(" _").indexIn(rest);
    String modifiers = blank < 0 ? rest : rest.substring(0, blank);
    String argument = blank < 0 ? "" : rest.substring(blank + 1);
    switch (rule.isEmpty() ? '?' : rule.charAt(0)) {
      case '!' -> {
        if (!rest.isEmpty()) {
          throw invalid(text, "clears the list and takes no pattern");
        }
        rules.clear();
      }
      case '+', 'S' -> pattern(text, true, modifiers, argument);
      case '-', 'H' -> pattern(text, false, modifiers, argument);
      case '.' -> merge(text, modifiers, argument);
      case ':' -> throw invalid(text, "asks for rules in each directory, which MTB does not read");
      case 'P', 'R' ->
          throw invalid(
              text,
              "is about deleting only; in MTB what a rule leaves out is never deleted, so use '-'");
      default ->
          throw invalid(text, "is none; it must begin with '- ', '+ ', '. ', or be '!' alone");
    }
  }

  /**
   * The short form of a rule, which begins with its letter: without the long name and without the
   * comma after it.
   */
  private static String shortForm(String text) {
    for (int i = 0; i < NAMES.size(); i += 2) {
      if (text.startsWith(NAMES.get(i))) {
        String rest = text.substring(NAMES.get(i).length());
        if (rest.isEmpty() || ", \t_".indexOf(rest.charAt(0)) >= 0) {
          return NAMES.get(i + 1) + (rest.startsWith(",") ? rest.substring(1) : rest);
        }
      }
    }
    return text.startsWith(",", 1) ? text.charAt(0) + text.substring(2) : text;
  }

  private void pattern(String text, boolean isInclude, String modifiers, String pattern) {
    // The modifier s means "when sending", which MTB always does. The modifier p concerns deletions
    // of excluded files, which MTB never makes.
    int unknown = CharMatcher.noneOf("/!sp").indexIn(modifiers);
    if (unknown >= 0) {
      throw invalid(
          text, "has a modifier '" + modifiers.charAt(unknown) + "' that MTB does not know");
    }
    add(isInclude, modifiers.indexOf('!') >= 0, modifiers.indexOf('/') >= 0, pattern, text);
  }

  private void merge(String text, String modifiers, String file) {
    if (file.isEmpty()) {
      throw invalid(text, "names no file");
    }
    Form form =
        switch (modifiers) {
          case "" -> Form.RULES;
          case "-" -> Form.ONLY_EXCLUDES;
          case "+" -> Form.ONLY_INCLUDES;
          default -> throw invalid(text, "has modifiers that MTB does not know");
        };
    file(PathBytes.parse(file), form);
  }

  /** A file of rules. */
  void file(Path file, Form form) {
    if (depth == DEEPEST) {
      throw new InvalidJobException("files of filter rules name each other in a loop: " + file);
    }
    files.add(file);
    CharMatcher end = from0 ? CharMatcher.is('\0') : CharMatcher.anyOf("\n\r");
    depth++;
    try {
      for (String line : Splitter.on(end).split(PathBytes.toText(Files.readAllBytes(file)))) {
        line(file, form, line);
      }
    } catch (IOException e) {
      throw new InvalidJobException(
          "the filter rules in " + file + " cannot be read: " + ErrorText.of(e), e);
    } finally {
      depth--;
    }
  }

  private void line(Path file, Form form, String text) {
    if (text.isEmpty() || text.charAt(0) == '#' || text.charAt(0) == ';') {
      return;
    }
    try {
      switch (form) {
        case RULES -> rule(text);
        case EXCLUDES, INCLUDES -> simple(text, form == Form.INCLUDES);
        case ONLY_EXCLUDES, ONLY_INCLUDES ->
            add(form == Form.ONLY_INCLUDES, false, false, text, text);
      }
    } catch (InvalidJobException e) {
      throw new InvalidJobException(file + ": " + e.getMessage(), e);
    }
  }
}
