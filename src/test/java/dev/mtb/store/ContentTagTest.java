package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.testing.RandomTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContentTagTest {
  private static Optional<Boolean> proves(ContentTag tag, byte[] content) throws IOException {
    return tag.proves(
        Channels.newChannel(new ByteArrayInputStream(content)),
        content.length,
        ByteBuffer.allocate(10_007));
  }

  private static ContentTag inParts(byte[] content, int partSize) {
    List<byte[]> md5s = new ArrayList<>();
    for (int start = 0; start < content.length; start += partSize) {
      byte[] part = Arrays.copyOfRange(content, start, Math.min(content.length, start + partSize));
      md5s.add(DigestAlgorithm.MD5.start().digest(part));
    }
    return ContentTag.ofParts(md5s);
  }

  @Test
  void md5_provesItsContentOnly() throws IOException {
    byte[] content = RandomTree.bytes(1, 100_000);
    ContentTag tag = ContentTag.of(DigestAlgorithm.MD5.start().digest(content));

    assertThat(proves(tag, content)).contains(true);
    content[77]++;
    assertThat(proves(tag, content)).contains(false);
  }

  @ParameterizedTest
  @CsvSource({"5, 12", "8, 17", "10, 20", "10, 21", "10, 5", "16, 33"})
  void parts_ofUsualSizes_areWorkedOut(int partMebibytes, int mebibytes) throws IOException {
    byte[] content = RandomTree.bytes(2, mebibytes << 20);
    ContentTag tag = inParts(content, partMebibytes << 20);

    assertThat(proves(tag, content)).contains(true);
    content[content.length - 1]++;
    assertThat(proves(tag, content).orElse(false)).isFalse();
  }

  @Test
  void parts_ofAnotherSize_proveNothing() throws IOException {
    byte[] content = RandomTree.bytes(3, 20 << 20);

    assertThat(proves(inParts(content, 7 << 20), content)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\"0123456789abcdef0123456789ABCDEF\"", "0123456789abcdef0123456789abcdef"})
  void etag_isRead(String text) {
    assertThat(ContentTag.parse(text))
        .contains(new ContentTag("0123456789abcdef0123456789abcdef", 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "\"0123\"", "0123456789abcdef0123456789abcdef-x", "v1:abc"})
  void otherForms_areEmpty(String text) {
    assertThat(ContentTag.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 10485760",
    "104857600000, 10485760",
    "104857600001, 11534336",
    "5497558138880, 550502400"
  })
  void partSize_takesEveryFileInTenThousandParts(long size, long partSize) {
    assertThat(ContentTag.partSize(size)).isEqualTo(partSize);
    assertThat((size + partSize - 1) / partSize).isLessThanOrEqualTo(ContentTag.MOST_PARTS);
  }
}
