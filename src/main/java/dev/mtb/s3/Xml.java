package dev.mtb.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.apache.commons.io.input.BOMInputStream;
import org.apache.commons.io.input.CloseShieldInputStream;

/** An element of an answer: its text, and the elements in it. Namespaces are left out. */
final class Xml {
  private static final XMLInputFactory FACTORY = factory();

  private final String name;
  private final List<Xml> children = new ArrayList<>(0);
  private String text = "";

  private Xml(String name) {
    this.name = name;
  }

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    // An answer may come from a hostile server, so entities, files and the network are not used.
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    return factory;
  }

  /**
   * Reads a document to its end.
   *
   * @throws MalformedAnswerException if it is no XML, or was cut off
   * @throws IOException if it cannot be read
   */
  static Xml parse(InputStream in) throws IOException {
    try {
      XMLStreamReader reader = FACTORY.createXMLStreamReader(text(in));
      try {
        reader.nextTag();
        Xml root = read(reader);
        while (reader.hasNext()) {
          reader.next();
        }
        return root;
      } finally {
        reader.close();
      }
    } catch (XMLStreamException e) {
      boolean isUnreadable =
          e.getNestedException() instanceof IOException
              && !(e.getNestedException() instanceof CharacterCodingException);
      throw isUnreadable ? (IOException) e.getNestedException() : malformed(e);
    } catch (CharacterCodingException e) {
      throw malformed(e);
    }
  }

  private static MalformedAnswerException malformed(Exception e) {
    return new MalformedAnswerException("the server's answer is no valid XML", e);
  }

  /**
   * Decodes UTF-8, which is all that S3 sends. The parser itself would also print an error for
   * invalid bytes.
   */
  private static Reader text(InputStream in) throws IOException {
    // The parser would close the stream at its end. Only the owner of the answer closes it.
    InputStream shielded = CloseShieldInputStream.wrap(in);
    InputStream withoutMark = BOMInputStream.builder().setInputStream(shielded).get();
    return new InputStreamReader(withoutMark, StandardCharsets.UTF_8.newDecoder());
  }

  private static Xml read(XMLStreamReader reader) throws XMLStreamException {
    Xml root = new Xml(reader.getLocalName());
    List<Xml> open = new ArrayList<>();
    open.add(root);
    StringBuilder text = new StringBuilder();
    while (!open.isEmpty()) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          Xml child = new Xml(reader.getLocalName());
          open.get(open.size() - 1).children.add(child);
          open.add(child);
          text.setLength(0);
        }
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA ->
            text.append(reader.getText());
        case XMLStreamConstants.END_ELEMENT -> {
          open.remove(open.size() - 1).text = text.toString();
          text.setLength(0);
        }
        default -> {
          // Comments and the like.
        }
      }
    }
    return root;
  }

  String name() {
    return name;
  }

  /** The text of the first child with a name; empty if there is none or it has none. */
  Optional<String> text(String child) {
    return child(child).map(found -> found.text).filter(found -> !found.isEmpty());
  }

  /** The first child with a name. */
  Optional<Xml> child(String child) {
    for (Xml candidate : children) {
      if (candidate.name.equals(child)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** All children, in their order. */
  List<Xml> children() {
    return children;
  }

  /** The children with a name, in their order. */
  List<Xml> children(String child) {
    return children.stream().filter(c -> c.name.equals(child)).toList();
  }

  /** Text as the content of an element. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '\r', '\n', '\t' -> escaped.append("&#").append((int) c).append(';');
        default -> escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
