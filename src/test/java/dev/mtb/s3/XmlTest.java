package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.testing.Fuzz;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.commons.io.input.BrokenInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XmlTest {
  private static Xml parse(String document) throws IOException {
    return Xml.parse(new ByteArrayInputStream(document.getBytes(UTF_8)));
  }

  @Test
  void elements_areFoundByTheirNames() throws IOException {
    Xml root =
        parse("<R><A>1</A><B><A>inner</A></B><A>2</A><C/><D> blanks \n</D><E a='x'>3</E></R>");

    assertThat(root.name()).isEqualTo("R");
    assertThat(root.text("A")).hasValue("1");
    assertThat(root.children("A")).hasSize(2);
    assertThat(root.children("B").get(0).text("A")).hasValue("inner");
    assertThat(root.text("C")).isEmpty();
    assertThat(root.text("D")).hasValue(" blanks \n");
    assertThat(root.text("E")).hasValue("3");
    assertThat(root.text("none")).isEmpty();
    assertThat(root.children("none")).isEmpty();
  }

  @Test
  void namespacesCommentsAndSections_makeNoDifference() throws IOException {
    String plain = "<R><Key>a&amp;b&lt;c&#13;&#x1F600;</Key></R>";
    for (String other :
        new String[] {
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + plain,
          "<R xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Key>a&amp;b&lt;c&#13;😀</Key></R>",
          "<x:R xmlns:x=\"urn:x\"><x:Key>a&amp;b&lt;c&#13;&#128512;</x:Key></x:R>",
          "<!-- c --><R><!-- c --><Key>a<!-- c -->&amp;b<![CDATA[<c]]>&#13;😀</Key></R><!-- c -->",
          "<?pi?><R>\n  <Key>a<?pi?>&amp;b&lt;c&#13;😀</Key>\n</R>\n\n"
        }) {
      assertThat(parse(other).text("Key")).as(other).hasValue("a&b<c\r😀");
    }
  }

  /** The parser returns a long text in pieces. */
  @Test
  void longText_isReadWhole() throws IOException {
    String text = "&amp;x\n".repeat(50_000);

    assertThat(parse("<R><T>" + text + "</T></R>").text("T")).hasValue(text.replace("&amp;", "&"));
  }

  @Test
  void deepElements_areRead() throws IOException {
    int depth = 100_000;
    assertThat(parse("<a>".repeat(depth) + "</a>".repeat(depth)).name()).isEqualTo("a");
  }

  /** S3 writes only UTF-8. */
  @Test
  void otherEncodings_areRefused() {
    for (Charset charset : new Charset[] {ISO_8859_1, UTF_16}) {
      String document =
          "<?xml version=\"1.0\" encoding=\"" + charset.name() + "\"?><R><A>grün</A></R>";
      assertThatThrownBy(() -> Xml.parse(new ByteArrayInputStream(document.getBytes(charset))))
          .isInstanceOf(MalformedAnswerException.class);
    }
  }

  @Test
  void byteOrderMark_isNoPartOfTheDocument() throws IOException {
    assertThat(parse("\ufeff<?xml version=\"1.0\"?><R><A>grün</A></R>").text("A")).hasValue("grün");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "text",
        "<R>",
        "<R></S>",
        "<R/>more",
        "<R/><S/>",
        "<R><A>&none;</A></R>",
        "<R><A>\u0001</A></R>",
        "<R><A>&#1;</A></R>",
        "<!DOCTYPE R><R/>",
        "<!DOCTYPE R [<!ENTITY a 'b'>]><R><A>&a;</A></R>",
        "<!DOCTYPE R SYSTEM 'file:///etc/hostname'><R/>",
        "<html><br></html>"
      })
  void noXml_isRefused(String document) {
    assertThatThrownBy(() -> parse(document))
        .isInstanceOf(MalformedAnswerException.class)
        .hasMessage("the server's answer is no valid XML");
  }

  /** The caller that has opened a stream closes it. */
  @Test
  void stream_isReadToItsEnd_andNotClosed() throws IOException {
    AtomicBoolean isClosed = new AtomicBoolean();
    InputStream in =
        new ByteArrayInputStream("<R/>\n\n\n".getBytes(UTF_8)) {
          @Override
          public void close() {
            isClosed.set(true);
          }
        };

    Xml unused = Xml.parse(in);

    assertThat(in.read()).isEqualTo(-1);
    assertThat(isClosed).isFalse();
  }

  @Test
  void failureOfTheStream_isThrownAsItIs() {
    InputStream in = new BrokenInputStream(() -> new IOException("reset"));

    assertThatThrownBy(() -> Xml.parse(in))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("reset");
  }

  @Test
  void escapedText_isReadAsItWas() {
    Fuzz.seeded("XmlTest")
        .times(
            300,
            random -> {
              String text = Fuzz.text(random, 20, "&", "<", ">", "]]>", "&amp;", "\r", "\n");
              // XML cannot hold these characters, and a key cannot hold half of a surrogate pair.
              String possible =
                  text.replaceAll(
                      "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]", "");
              Xml xml = parse("<R><K>" + Xml.escape(possible) + "</K></R>");
              assertThat(xml.text("K").orElse("")).isEqualTo(possible);
            });
  }

  @Test
  void anyBytes_areReadOrRefused() {
    Fuzz.seeded("XmlTest, any bytes")
        .times(
            500,
            random -> {
              byte[] valid =
                  "<?xml version=\"1.0\"?><R><A>x&amp;y</A><B><C>1</C></B></R>".getBytes(UTF_8);
              try {
                Xml unused = Xml.parse(new ByteArrayInputStream(Fuzz.mutated(random, valid)));
              } catch (MalformedAnswerException e) {
                // The refusal is expected.
                return;
              }
            });
  }
}
