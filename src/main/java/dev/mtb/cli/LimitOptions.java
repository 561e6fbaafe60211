package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.Limits;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How fast and how far a run may go, as options. */
final class LimitOptions {
  private static final Pattern ORDER =
      Pattern.compile("(name|size|modified)(?:,(asc|ascending|desc|descending))?");

  @Mixin private final RateOptions rates = new RateOptions();

  @Option(
      names = "--max-transfer",
      paramLabel = "SIZE",
      description =
          "Copy no more than this in all, and end with exit code 23 if that leaves files for the"
              + " next run; bytes, or with K, M, G, T.")
  private String maxTransfer;

  @Option(
      names = "--max-duration",
      paramLabel = "D",
      converter = DurationConverter.class,
      description =
          "Begin no new file after this time, such as 90m or 6h, finish what is in flight, and end"
              + " with exit code 23 if that leaves files for the next run.")
  private Duration maxDuration;

  @Option(
      names = {"--order", "--order-by"},
      paramLabel = "KEY[,asc|desc]",
      description =
          "Copy first, of the files that wait (8192 at most), what comes first by name, size or"
              + " modified. Without it directories take turns, and large files come first.")
  private String order;

  /** Makes limits of what was given. */
  Limits limits() {
    Limits fast = rates.limits();
    return new Limits(
        fast.bandwidth(),
        fast.operationsPerSecond(),
        maxTransfer == null
            ? OptionalLong.empty()
            : OptionalLong.of(FilterOptions.size(maxTransfer)),
        Optional.ofNullable(maxDuration),
        Optional.ofNullable(order).map(LimitOptions::order));
  }

  private static Limits.Order order(String text) {
    Matcher matcher = ORDER.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new InvalidJobException(
          "'" + text + "' is no order such as size, size,desc, name or modified,desc");
    }
    Limits.Key key = Limits.Key.valueOf(matcher.group(1).toUpperCase(Locale.ROOT));
    boolean isDescending = matcher.group(2) != null && matcher.group(2).startsWith("desc");
    return new Limits.Order(key, isDescending);
  }
}
