package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Pages of versions, and rules that delete them. */
class VersionPageTest {
  private static Xml xml(String document) throws IOException {
    return Xml.parse(new ByteArrayInputStream(document.getBytes(UTF_8)));
  }

  private static VersionPage page(String content) throws IOException {
    return VersionPage.of(
        xml("<ListVersionsResult>" + content + "</ListVersionsResult>"), Optional.empty());
  }

  /** From the Amazon S3 API reference, ListObjectVersions, shortened. */
  @Test
  void versionsAndDeleteMarkers_comeInTheirOrder() throws Exception {
    VersionPage page =
        page(
            """
            <Name>bucket</Name><Prefix>my</Prefix><IsTruncated>false</IsTruncated>
            <EncodingType>url</EncodingType>
            <DeleteMarker><Key>my%20key%0A%2B</Key><VersionId>03jpff543dhf</VersionId><IsLatest>true</IsLatest><LastModified>2009-10-15T17:50:30.000Z</LastModified>
            <Owner><ID>7</ID></Owner></DeleteMarker>
            <Version><Key>my%20key%0A%2B</Key><VersionId>QUpfdndhfd8438MNFDN93jdnJFkdmqnh893</VersionId>
            <IsLatest>false</IsLatest><LastModified>2009-10-10T17:50:30.000Z</LastModified>
            <ETag>"9b2cf535f27731c974343645a3985328"</ETag><Size>434234</Size></Version>
            <Version><Key>myother</Key><VersionId>null</VersionId><Size>3</Size></Version>
            """);
    assertThat(page.isTruncated()).isFalse();
    assertThat(page.versions()).hasSize(3);
    assertThat(page.versions().get(0))
        .isEqualTo(
            new ObjectVersion(
                "my key\n+",
                "03jpff543dhf",
                true,
                true,
                Optional.empty(),
                Optional.empty(),
                Optional.of(Instant.parse("2009-10-15T17:50:30Z"))));
    assertThat(page.versions().get(1).isDeletion()).isFalse();
    assertThat(page.versions().get(1).size()).contains(434234L);
    assertThat(page.versions().get(1).tag()).contains("\"9b2cf535f27731c974343645a3985328\"");
    assertThat(page.versions().get(2).id()).isEqualTo(ObjectVersion.WITHOUT_VERSIONING);
    assertThat(page.versions().get(2).lastModified()).isEmpty();
  }

  @Test
  void truncatedPage_saysWhereTheNextBegins() throws Exception {
    VersionPage page =
        page(
            "<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>"
                + "<NextKeyMarker>a%2Fb%20c</NextKeyMarker><NextVersionIdMarker>v%2F1"
                + "</NextVersionIdMarker>");
    assertThat(page.nextKey()).contains("a/b c");
    // Only keys are encoded.
    assertThat(page.nextVersion()).contains("v%2F1");
    VersionPage silent =
        page(
            "<IsTruncated>true</IsTruncated><Version><Key>k</Key><VersionId>v</VersionId></Version>");
    assertThat(silent.nextKey()).contains("k");
    assertThat(silent.nextVersion()).contains("v");
  }

  @Test
  void keyThatIsNotEncoded_isAMalformedAnswer() {
    assertThatThrownBy(
            () -> page("<EncodingType>url</EncodingType><Version><Key>100%</Key></Version>"))
        .isInstanceOf(MalformedAnswerException.class);
  }

  @Test
  void rules_tellWhatTheyAreAbout() throws Exception {
    LifecycleRule rule =
        LifecycleRule.of(
            xml(
                "<Rule><Status>Enabled</Status><Filter><And><Prefix>p/</Prefix><Tag><Key>k</Key>"
                    + "</Tag></And></Filter><NoncurrentVersionExpiration><NoncurrentDays>30"
                    + "</NoncurrentDays></NoncurrentVersionExpiration></Rule>"));
    assertThat(rule)
        .isEqualTo(new LifecycleRule(true, "p/", true, Optional.of(30L), Optional.empty()));
    // The old form, which Amazon still shows.
    LifecycleRule old =
        LifecycleRule.of(
            xml(
                "<Rule><Prefix>q/</Prefix><Status>Disabled</Status><AbortIncompleteMultipartUpload>"
                    + "<DaysAfterInitiation>7</DaysAfterInitiation>"
                    + "</AbortIncompleteMultipartUpload></Rule>"));
    assertThat(old)
        .isEqualTo(new LifecycleRule(false, "q/", false, Optional.empty(), Optional.of(7L)));
  }
}
