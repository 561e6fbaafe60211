package dev.mtb.engine;

import dev.mtb.compare.Comparison;
import dev.mtb.compare.MtimeRules;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.store.Features;
import dev.mtb.store.MtimePrecision;
import java.time.Duration;

/**
 * The rules by which a run compares source and destination.
 *
 * @param plain compares a source with its copy
 * @param updating the same under the rules of an update, which do not copy every difference
 * @param mode how contents are compared
 * @param isTrusting whether the run trusts what an earlier run remembered. A verification does not,
 *     since it reads everything. A run with a modify window does not, since it takes different
 *     mtimes for equal
 */
record ComparisonRules(
    Comparison plain, Comparison updating, CompareMode mode, boolean isTrusting) {

  static ComparisonRules of(RunContext context, Features features) {
    BackupOptions options = context.options();
    boolean isVerify = context.purpose() == Purpose.VERIFY;
    CompareMode mode = isVerify ? CompareMode.CHECKSUM : options.comparison().mode();
    Comparison plain =
        new Comparison(
            mode,
            new MtimeRules(
                options.comparison().modifyWindow(),
                features.earliestMtime(),
                precision(features.mtimes()),
                precision(context.tree().mtimes())),
            options.attributes(),
            features.keepsPermissions(),
            features.keepsOwner());
    boolean hasWindow = !options.comparison().modifyWindow().orElse(Duration.ZERO).isZero();
    return new ComparisonRules(
        plain,
        isVerify ? plain : plain.under(options.updateRules()),
        mode,
        /* isTrusting= */ !isVerify && !hasWindow);
  }

  private static MtimeRules.Precision precision(MtimePrecision place) {
    return new MtimeRules.Precision(place.granularity(), place.mayLackDigits());
  }
}
