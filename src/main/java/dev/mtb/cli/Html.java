package dev.mtb.cli;

import com.google.common.html.HtmlEscapers;
import java.nio.file.Path;

/**
 * Writes HTML. Names of files and messages may hold anything: all text and all values of attributes
 * pass through {@link #escaped}, and what the methods take as markup is written in MTB's own code.
 * Not thread-safe.
 */
final class Html {
  private final StringBuilder page = new StringBuilder();

  /**
   * Text that is shown as it is, and as nothing else: no tag, no quote that ends an attribute, and
   * no character that cannot be seen or that turns the direction of others.
   */
  static String escaped(String text) {
    return HtmlEscapers.htmlEscaper().escape(Text.withoutControls(text));
  }

  /** Adds markup. */
  Html raw(String markup) {
    page.append(markup);
    return this;
  }

  /** Adds a line of markup. */
  Html line(String markup) {
    page.append(markup).append('\n');
    return this;
  }

  /** Adds an element that holds nothing but text. */
  Html element(String tag, String text) {
    return element(tag, "", text);
  }

  /**
   * Adds an element that holds nothing but text.
   *
   * @param style its class; empty for none
   */
  Html element(String tag, String style, String text) {
    page.append('<').append(tag);
    if (!style.isEmpty()) {
      page.append(" class=\"").append(style).append('"');
    }
    page.append('>').append(escaped(text)).append("</").append(tag).append(">");
    return this;
  }

  /** Adds a name, which is kept apart from what stands beside it, whatever its direction. */
  Html name(String printable) {
    page.append("<bdi class=\"name\">").append(escaped(printable)).append("</bdi>");
    return this;
  }

  /** Adds the name of a file. */
  Html name(Path path) {
    return name(Text.path(path));
  }

  @Override
  public String toString() {
    return page.toString();
  }
}
