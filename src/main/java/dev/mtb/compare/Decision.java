package dev.mtb.compare;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Reason;

/**
 * What is done about one entry, and why.
 *
 * @param action what is done; for a decision that {@link #needsContent()}, what is done if the
 *     contents are equal
 * @param reason why
 * @param attributes what has to be set, for {@link Action#UPDATE_METADATA}
 * @param needsContent whether both sides have to be read before it is final
 */
public record Decision(
    Action action, Reason reason, ImmutableSet<Attribute> attributes, boolean needsContent) {

  static final Decision CREATE = of(Action.CREATE, Reason.NEW);

  /** Nothing is to be done. */
  public static final Decision UNCHANGED = of(Action.NONE, Reason.UNCHANGED);

  /** Checks that nothing is null. */
  public Decision {
    requireNonNull(action);
    requireNonNull(reason);
    requireNonNull(attributes);
  }

  /** The decision not to change a file although it may differ. */
  static Decision leave(Reason reason) {
    return of(Action.NONE, reason);
  }

  static Decision of(Action action, Reason reason) {
    return new Decision(action, reason, ImmutableSet.of(), false);
  }

  static Decision replace(Reason reason) {
    return of(Action.REPLACE, reason);
  }

  /**
   * Whether there is nothing to be done, since nothing differs.
   *
   * @return false if that is not known yet
   */
  public boolean isUnchanged() {
    return action == Action.NONE && reason == Reason.UNCHANGED && !needsContent;
  }

  /**
   * Whether {@link dev.mtb.options.UpdateRules} keep the file from being copied although it may
   * differ.
   *
   * @return true if nothing is done, and the copy may not be up to date
   */
  public boolean isSkipped() {
    return action == Action.NONE && reason != Reason.UNCHANGED;
  }

  /**
   * Makes a decision final that {@link #needsContent()}.
   *
   * @param equal what reading both sides showed
   */
  public Decision withContent(boolean equal) {
    return equal
        ? new Decision(action, reason, attributes, false)
        : replace(Reason.CONTENT_DIFFERS);
  }
}
