package dev.mtb.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/** What is backed up, and what is there already. */
enum Scenario {
  FIRST("First backup"),
  UNCHANGED("Nothing changed"),
  CHANGED("1 % changed"),
  RESTORE("Restore"),
  LARGE("One large file"),
  DEEP("Deep tree"),
  SOURCE("A tree of this machine");

  private final String title;

  Scenario(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether an earlier backup is there. */
  boolean isRepeated() {
    return this == UNCHANGED || this == CHANGED || this == RESTORE;
  }

  static Scenario parse(String id) {
    return Arrays.stream(values())
        .filter(scenario -> scenario.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no scenario " + id));
  }
}
