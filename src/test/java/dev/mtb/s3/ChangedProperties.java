package dev.mtb.s3;

import java.util.HashMap;
import java.util.Map;

/** Java's system properties that a test has changed. No other test runs meanwhile in this JVM. */
final class ChangedProperties {
  private final Map<String, String> before = new HashMap<>();

  /** Sets a property; null removes it. */
  void set(String name, String value) {
    if (!before.containsKey(name)) {
      before.put(name, System.getProperty(name));
    }
    change(name, value);
  }

  /** Restores all properties. */
  void restore() {
    before.forEach(ChangedProperties::change);
  }

  private static void change(String name, String value) {
    if (value == null) {
      System.clearProperty(name);
    } else {
      System.setProperty(name, value);
    }
  }
}
