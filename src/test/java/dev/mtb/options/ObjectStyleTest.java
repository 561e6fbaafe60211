package dev.mtb.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.InvalidJobException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectStyleTest {
  private static ObjectStyle style(String storageClass, String acl, String sse, String key) {
    return new ObjectStyle(
        Optional.ofNullable(storageClass),
        Optional.ofNullable(acl),
        Optional.ofNullable(sse),
        Optional.ofNullable(key),
        Map.of(),
        Optional.empty(),
        false);
  }

  private static ObjectStyle tagged(Map<String, String> tags) {
    return new ObjectStyle(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        tags,
        Optional.empty(),
        false);
  }

  @ParameterizedTest
  @CsvSource({
    "'two words', , , , no storage class",
    "'', , , , no storage class",
    ", bucket-owner, , , bucket-owner-full-control",
    ", , aes256, , 'there are AES256, aws:kms'",
    ", , AES256, key, ObjectStyle.encryption",
    ", , , key, ObjectStyle.encryption",
    ", , aws:kms, 'a key', nor its ARN",
    ", , aws:kms, '', nor its ARN"
  })
  void whatS3DoesNotTake_isRefused(
      String storageClass, String acl, String sse, String key, String words) {
    assertThatThrownBy(() -> style(storageClass, acl, sse, key))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(words);
  }

  /** Other servers have classes of their own. */
  @Test
  void storageClassThatAmazonDoesNotHave_isRefusedForAmazonOnly() {
    ObjectStyle style = style("FAST_DISKS", null, null, null);

    assertThatThrownBy(style::checkForAmazon)
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("'FAST_DISKS'")
        .hasMessageContaining("STANDARD_IA");
    style("GLACIER_IR", null, null, null).checkForAmazon();
  }

  @Test
  void moreThanTenTags_areRefused() {
    Map<String, String> tags = new HashMap<>();
    for (int i = 0; i < 10; i++) {
      tags.put("key" + i, "");
    }
    assertThat(tagged(tags).tags()).hasSize(10);
    tags.put("one more", "");
    assertThatThrownBy(() -> tagged(tags)).hasMessageContaining("no more than 10 tags");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "aws:x", "a?b", "a\nb"})
  void keyThatNoTagHas_isRefused(String key) {
    assertThatThrownBy(() -> tagged(Map.of(key, "v"))).isInstanceOf(InvalidJobException.class);
  }

  @Test
  void tags_haveLimits() {
    assertThat(tagged(Map.of("k".repeat(128), "ü+ -=._:/@".repeat(25))).tags()).hasSize(1);
    assertThatThrownBy(() -> tagged(Map.of("k".repeat(129), "")))
        .isInstanceOf(InvalidJobException.class);
    assertThatThrownBy(() -> tagged(Map.of("k", "v".repeat(257))))
        .isInstanceOf(InvalidJobException.class);
    assertThatThrownBy(() -> tagged(Map.of("k", "a&b"))).isInstanceOf(InvalidJobException.class);
  }

  @Test
  void lock_hasAModeAndATime() {
    assertThat(new ObjectStyle.Lock("COMPLIANCE", Duration.ofDays(36_500)).mode())
        .isEqualTo("COMPLIANCE");
    assertThatThrownBy(() -> new ObjectStyle.Lock("LEGAL", Duration.ofDays(1)))
        .hasMessageContaining("GOVERNANCE, COMPLIANCE");
    assertThatThrownBy(() -> new ObjectStyle.Lock("GOVERNANCE", Duration.ofMillis(999)))
        .isInstanceOf(InvalidJobException.class);
    assertThatThrownBy(() -> new ObjectStyle.Lock("GOVERNANCE", Duration.ofDays(36_501)))
        .isInstanceOf(InvalidJobException.class);
  }
}
