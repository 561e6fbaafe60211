package dev.mtb.store;

import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Sets attributes one after another, and goes on if one of them fails: a place that cannot keep an
 * attribute must still get the content. For one thread.
 */
public final class AttributeSetter {
  /** What may be refused, and what the user can do about it. */
  public enum What {
    OWNER(Attribute.OWNER, "its owner", "KeptAttributes.owner"),
    GROUP(Attribute.OWNER, "its group", "KeptAttributes.group"),
    PERMISSIONS(Attribute.MODE, "its permissions", "KeptAttributes.permissions"),
    TIME(Attribute.MTIME, "its time of modification", "KeptAttributes.times");

    private final Attribute attribute;
    private final String words;
    private final String option;

    What(Attribute attribute, String words, String option) {
      this.attribute = attribute;
      this.words = words;
      this.option = option;
    }
  }

  /** Sets something. */
  public interface Setter {
    public void set() throws IOException;
  }

  private final Map<What, IOException> failures = new EnumMap<>(What.class);

  /** Has not set anything yet. */
  public AttributeSetter() {}

  private final Set<Attribute> incomplete = EnumSet.noneOf(Attribute.class);

  /** Sets an attribute. A failure is noted and not thrown, unless the whole place is lost. */
  public void set(What what, Setter setter) throws DestinationException {
    try {
      setter.set();
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      failures.put(what, e);
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      failures.put(what, new IOException("not supported here: " + ErrorText.of(e), e));
    }
  }

  /** Whether a file has, as far as is known, the owner and group that it should have. */
  public boolean isOwned() {
    return !failures.containsKey(What.OWNER) && !failures.containsKey(What.GROUP);
  }

  /** Whether an attribute could not be set because the file was not found. */
  public boolean isMissing() {
    return !failures.isEmpty()
        && failures.values().stream().anyMatch(NoSuchFileException.class::isInstance);
  }

  /** Notes that an attribute was set in part only, because of a failure that is reported. */
  public void incomplete(Attribute attribute) {
    incomplete.add(attribute);
  }

  /** Throws an exception that names what could not be set, if there is any. */
  public void check() throws AttributesException {
    if (failures.isEmpty()) {
      return;
    }
    IOException first = failures.values().iterator().next();
    Set<Attribute> attributes = EnumSet.noneOf(Attribute.class);
    attributes.addAll(incomplete);
    StringBuilder words = new StringBuilder();
    StringBuilder options = new StringBuilder();
    for (What what : failures.keySet()) {
      attributes.add(what.attribute);
      words.append(words.length() == 0 ? "" : " and ").append(what.words);
      options.append(options.length() == 0 ? "" : " ").append(what.option);
    }
    throw new AttributesException(
        attributes,
        words
            + " cannot be set: "
            + ErrorText.of(first)
            + "; its content is in the backup; where the destination cannot keep this, run with "
            + options,
        first);
  }
}
