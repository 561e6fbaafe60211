package dev.mtb.store;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Attribute;
import java.io.IOException;
import java.util.Set;

/**
 * The destination did not take some attributes. The content and all other attributes are safe, and
 * the operation is done.
 */
public final class AttributesException extends IOException {
  private static final long serialVersionUID = 1;

  private final ImmutableSet<Attribute> attributes;

  /**
   * Made with the text that the user reads.
   *
   * @param attributes which are not set
   * @param message names them, and says why and what to do
   * @param cause the first failure
   */
  AttributesException(Set<Attribute> attributes, String message, IOException cause) {
    super(message, cause);
    this.attributes = ImmutableSet.copyOf(attributes);
  }

  /**
   * What is not set.
   *
   * @return at least one
   */
  public ImmutableSet<Attribute> attributes() {
    return attributes;
  }

  /** The first failure. */
  IOException first() {
    return (IOException) getCause();
  }
}
