package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of lists, of objects and of uploads. */
class ListPageTest {
  private static final Optional<Instant> NOW = Optional.of(Instant.parse("2026-12-01T08:00:00Z"));

  private static Xml xml(String document) throws IOException {
    return Xml.parse(new ByteArrayInputStream(document.getBytes(UTF_8)));
  }

  private static ListPage page(String content) throws IOException {
    return ListPage.of(xml("<ListBucketResult>" + content + "</ListBucketResult>"), NOW);
  }

  private static String key(String encoding, String written) throws IOException {
    String type = encoding == null ? "" : "<EncodingType>" + encoding + "</EncodingType>";
    ListPage page =
        page(
            type
                + "<Contents><Key>"
                + written
                + "</Key></Contents><CommonPrefixes><Prefix>"
                + written
                + "</Prefix></CommonPrefixes>");
    String key = page.objects().get(0).key();
    assertThat(page.commonPrefixes()).containsExactly(key);

    UploadPage uploads =
        UploadPage.of(xml("<L>" + type + "<Upload><Key>" + written + "</Key></Upload></L>"));
    assertThat(uploads.uploads()).containsExactly(new UnfinishedUpload(key, ""));
    return key;
  }

  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "a+b, 'a b'",
    "a%20b, 'a b'",
    "a%2Bb, a+b",
    "a%2bb, a+b",
    "100%25, 100%",
    "gr%C3%BCn/%F0%9F%98%80, grün/😀",
    "grün+x, 'grün x'",
    "a%0Ab, 'a\nb'",
    "%01, '\u0001'",
    "a/b~c*d, a/b~c*d"
  })
  void encodedKey_isDecoded(String written, String key) throws IOException {
    assertThat(key("url", written)).isEqualTo(key);
  }

  /** A server that does not know the encoding says nothing of it. */
  @ParameterizedTest
  @ValueSource(strings = {"plain", "a+b", "a%20b", "100%", "50%zz", " blanks ", "grün"})
  void keyThatIsNotEncoded_isTakenAsItIs(String written) throws IOException {
    assertThat(key(null, written)).isEqualTo(written);
    assertThat(key("", written)).isEqualTo(written);
    assertThat(key("other", written)).isEqualTo(written);
  }

  /** What is listed may be deleted: a key must not be guessed. */
  @ParameterizedTest
  @ValueSource(strings = {"100%", "%zz", "a%2", "%-1"})
  void wrongEncoding_isRefused(String written) {
    assertThatThrownBy(() -> key("url", written)).isInstanceOf(MalformedAnswerException.class);
    assertThatThrownBy(
            () ->
                UploadPage.of(
                    xml(
                        "<L><EncodingType>url</EncodingType><Upload><Key>"
                            + written
                            + "</Key></Upload></L>")))
        .isInstanceOf(MalformedAnswerException.class);
  }

  @Test
  void page_hasWhatTheServerTells() throws IOException {
    ListPage page =
        page(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>t+%20/=</NextContinuationToken>"
                + "<EncodingType>url</EncodingType>"
                + "<Contents><Key>a</Key><LastModified>2026-11-30T10:00:00.123Z</LastModified>"
                + "<ETag>&quot;x&quot;</ETag><Size>5000000000</Size></Contents>"
                + "<Contents><Key>b</Key></Contents>"
                + "<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>"
                + "<CommonPrefixes><Prefix>d+/</Prefix></CommonPrefixes>");

    assertThat(page.objects())
        .containsExactly(
            new ListedObject(
                "a",
                Optional.of(5_000_000_000L),
                Optional.of("\"x\""),
                Optional.of(Instant.parse("2026-11-30T10:00:00.123Z"))),
            new ListedObject("b", Optional.empty(), Optional.empty(), Optional.empty()));
    assertThat(page.commonPrefixes()).containsExactly("c/", "d /");
    assertThat(page.isTruncated()).isTrue();
    // The token is returned unchanged.
    assertThat(page.nextToken()).hasValue("t+%20/=");
    assertThat(page.date()).isEqualTo(NOW);
  }

  @Test
  void emptyPage_isTheLast() throws IOException {
    ListPage page = page("");

    assertThat(page.objects()).isEmpty();
    assertThat(page.commonPrefixes()).isEmpty();
    assertThat(page.isTruncated()).isFalse();
    assertThat(page.nextToken()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"true, true", "' true ', true", "false, false", "'', false", "1, false"})
  void truncation_isReadFromThePage(String text, boolean isTruncated) throws IOException {
    assertThat(page("<IsTruncated>" + text + "</IsTruncated>").isTruncated())
        .isEqualTo(isTruncated);
    assertThat(UploadPage.of(xml("<L><IsTruncated>" + text + "</IsTruncated></L>")).isTruncated())
        .isEqualTo(isTruncated);
  }

  @Test
  void invalidSizesAndTimes_areEmpty() throws IOException {
    ListedObject object =
        page("<Contents><Key>a</Key><Size>large</Size><LastModified>yesterday</LastModified>"
                + "</Contents>")
            .objects()
            .get(0);

    assertThat(object.size()).isEmpty();
    assertThat(object.lastModified()).isEmpty();
  }

  @Test
  void uploads_haveTheirIds() throws IOException {
    UploadPage page =
        UploadPage.of(
            xml(
                "<ListMultipartUploadsResult><EncodingType>url</EncodingType>"
                    + "<Upload><Key>a+b</Key><UploadId>i+%20</UploadId></Upload>"
                    + "<Upload><Key>c</Key><UploadId>j</UploadId></Upload>"
                    + "</ListMultipartUploadsResult>"));

    assertThat(page.uploads())
        .containsExactly(new UnfinishedUpload("a b", "i+%20"), new UnfinishedUpload("c", "j"));
    assertThat(page.isTruncated()).isFalse();
  }
}
