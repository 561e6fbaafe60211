package dev.mtb.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads Prometheus's text format, version 0.0.4, and accepts nothing that its own parser or the
 * textfile collector would refuse or warn of: each metric has HELP and TYPE, once and before its
 * samples, which stand together; no sample comes twice, none has a time; names, labels and values
 * are well formed; the last line ends. Immutable.
 */
public final class Exposition {
  private static final Pattern METRIC = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
  private static final Pattern VALUE =
      Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?Inf|NaN");

  /**
   * A sample.
   *
   * @param name of its metric
   * @param labels what they mean, escapes undone
   * @param value as it is written
   */
  public record Sample(String name, Map<String, String> labels, String value) {}

  private final List<Sample> samples = new ArrayList<>();
  private final Map<String, String> helps = new HashMap<>();
  private final Map<String, String> types = new HashMap<>();
  private String line = "";
  private int at;

  private Exposition() {}

  /**
   * Parses it.
   *
   * @throws IllegalArgumentException if it is not well formed
   */
  public static Exposition parse(String text) {
    Exposition exposition = new Exposition();
    if (!text.endsWith("\n")) {
      throw new IllegalArgumentException("the last line does not end");
    }
    Set<String> finished = new HashSet<>();
    String current = "";
    for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
      String name = exposition.line(line);
      if (!name.equals(current)) {
        if (!finished.add(current) || finished.contains(name)) {
          throw new IllegalArgumentException("lines of " + name + " do not stand together");
        }
        current = name;
      }
    }
    return exposition;
  }

  /** All samples in order. */
  public List<Sample> samples() {
    return List.copyOf(samples);
  }

  /** The value of the one sample of that name with, beside others, these labels. */
  public String value(String name, Map<String, String> labels) {
    List<Sample> found =
        samples.stream()
            .filter(s -> s.name().equals(name))
            .filter(s -> s.labels().entrySet().containsAll(labels.entrySet()))
            .toList();
    if (found.size() != 1) {
      throw new IllegalArgumentException(name + labels + " in " + samples);
    }
    return found.get(0).value();
  }

  /** The value of the only sample of that name. */
  public String value(String name) {
    return value(name, Map.of());
  }

  /** Takes a line in and returns the metric it belongs to. */
  private String line(String text) {
    line = text;
    at = 0;
    if (text.startsWith("# HELP ") || text.startsWith("# TYPE ")) {
      at = 7;
      String name = word(METRIC);
      expect(' ');
      String rest = line.substring(at);
      if (samples.stream().anyMatch(s -> s.name().equals(name))) {
        throw wrong("comes after a sample");
      }
      boolean isHelp = text.startsWith("# HELP ");
      if ((isHelp ? helps : types).put(name, rest) != null) {
        throw wrong("comes twice");
      }
      if (!isHelp && !List.of("gauge", "counter", "untyped").contains(rest)) {
        throw wrong("is no simple type");
      }
      if (rest.isBlank() || !rest.strip().equals(rest)) {
        throw wrong("has blanks that are lost, or says nothing");
      }
      return name;
    }
    if (text.isEmpty() || text.startsWith("#")) {
      throw wrong("is no sample");
    }
    Sample sample = sample();
    if (!helps.containsKey(sample.name()) || !types.containsKey(sample.name())) {
      throw wrong("has no HELP or no TYPE");
    }
    boolean isDouble =
        samples.stream()
            .anyMatch(s -> s.name().equals(sample.name()) && s.labels().equals(sample.labels()));
    if (isDouble) {
      throw wrong("comes twice");
    }
    samples.add(sample);
    return sample.name();
  }

  private Sample sample() {
    String name = word(METRIC);
    Map<String, String> labels = new HashMap<>();
    if (peek() == '{') {
      at++;
      while (peek() != '}') {
        String label = word(LABEL);
        expect('=');
        if (label.startsWith("__") || labels.put(label, quoted()) != null) {
          throw wrong("has a label that is reserved or comes twice");
        }
        if (peek() != '}') {
          expect(',');
        }
      }
      at++;
    }
    expect(' ');
    String value = line.substring(at);
    if (!VALUE.matcher(value).matches()) {
      throw wrong("has no number, or more than one");
    }
    return new Sample(name, Map.copyOf(labels), value);
  }

  private String quoted() {
    expect('"');
    StringBuilder value = new StringBuilder();
    while (peek() != '"') {
      char c = line.charAt(at++);
      if (c == '\\') {
        char escaped = peek();
        at++;
        value.append(
            switch (escaped) {
              case '\\' -> '\\';
              case '"' -> '"';
              case 'n' -> '\n';
              default -> throw wrong("has an escape that there is not");
            });
      } else if (Character.isSurrogate(c) && !isPair(c)) {
        throw wrong("is not UTF-8");
      } else {
        value.append(c);
      }
    }
    at++;
    return value.toString();
  }

  private boolean isPair(char c) {
    return Character.isHighSurrogate(c)
        ? Character.isLowSurrogate(peek())
        : Character.isHighSurrogate(line.charAt(at - 2));
  }

  private String word(Pattern pattern) {
    var matcher = pattern.matcher(line).region(at, line.length());
    if (!matcher.lookingAt()) {
      throw wrong("lacks a name");
    }
    at = matcher.end();
    return matcher.group();
  }

  private char peek() {
    return Optional.of(line)
        .filter(l -> at < l.length())
        .map(l -> l.charAt(at))
        .orElseThrow(() -> wrong("is not whole"));
  }

  private void expect(char c) {
    if (peek() != c) {
      throw wrong("lacks " + c);
    }
    at++;
  }

  private IllegalArgumentException wrong(String why) {
    return new IllegalArgumentException("at " + at + ": " + line + " " + why);
  }
}
