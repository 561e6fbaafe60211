package dev.mtb.s3;

import java.util.Optional;

/**
 * A rule by which the server deletes by itself.
 *
 * @param isEnabled whether it is in force
 * @param prefix of the keys that it is about; empty for all
 * @param isNarrowed whether it is about objects of some tag or size only
 * @param oldVersionDays after how many days it deletes what is not the current version any more
 * @param unfinishedUploadDays after how many days it aborts uploads that were not completed
 */
public record LifecycleRule(
    boolean isEnabled,
    String prefix,
    boolean isNarrowed,
    Optional<Long> oldVersionDays,
    Optional<Long> unfinishedUploadDays) {

  static LifecycleRule of(Xml rule) {
    Optional<Xml> filter = rule.child("Filter");
    // Several conditions are inside another element.
    Optional<Xml> conditions = filter.flatMap(f -> f.child("And")).or(() -> filter);
    return new LifecycleRule(
        rule.text("Status").filter(status -> status.equals("Enabled")).isPresent(),
        conditions.flatMap(c -> c.text("Prefix")).or(() -> rule.text("Prefix")).orElse(""),
        conditions.isPresent()
            && conditions.get().children().stream()
                .anyMatch(condition -> !condition.name().equals("Prefix")),
        days(rule, "NoncurrentVersionExpiration", "NoncurrentDays"),
        days(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation"));
  }

  private static Optional<Long> days(Xml rule, String action, String field) {
    return rule.child(action).flatMap(a -> a.text(field)).flatMap(ObjectInfo::number);
  }
}
