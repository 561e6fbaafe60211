package dev.mtb.cli.report;

import com.google.common.html.HtmlEscapers;
import dev.mtb.cli.text.Text;
import java.nio.file.Path;

/**
 * Writes HTML. Names of files and messages may hold anything: all text and all values of attributes
 * pass through {@link #escaped}. What the methods take as markup is written in MTB's own code. Not
 * thread-safe.
 */
final class Html {
  private final StringBuilder page = new StringBuilder();

  /**
   * Makes text that a browser shows as it is: no tag, no quote that ends an attribute, and no
   * character that is invisible or turns the direction of others.
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
    return raw(markup).raw("\n");
  }

  /** Adds an element that holds nothing but text. */
  Html element(String tag, String text) {
    return raw("<" + tag + ">" + escaped(text) + "</" + tag + ">");
  }

  /** Adds an element of a class that holds nothing but text. */
  Html element(String tag, String style, String text) {
    return raw("<" + tag + " class=\"" + style + "\">" + escaped(text) + "</" + tag + ">");
  }

  /** Adds a name, whose direction does not change the text beside it. */
  Html name(String printable) {
    return raw("<bdi class=\"name\">" + escaped(printable) + "</bdi>");
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
