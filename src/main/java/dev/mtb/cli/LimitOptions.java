package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.Bandwidth;
import dev.mtb.options.Limits;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that say how fast a run may be, and how much it may do. */
final class LimitOptions {
  private static final Pattern ORDER =
      Pattern.compile("(name|size|modified)(?:,(asc|ascending|desc|descending))?");

  /** Options that say how fast a run may be. */
  static final class Rates {
    @Option(
        names = "--bwlimit",
        paramLabel = "RATE",
        description =
            "Bytes of content a second to write, such as 512K or 1.5M (a plain number is in KiB),"
                + " or a timetable such as '08:00,512K 19:00,off'.")
    private String bandwidth;

    @Option(
        names = "--tpslimit",
        paramLabel = "N",
        description =
            "Operations a second on the directory that is written to; if the backup is in a bucket,"
                + " HTTP requests.")
    private Double operations;

    Limits limits() {
      Limits limits = Limits.NONE;
      if (bandwidth != null) {
        limits = limits.withBandwidth(Bandwidth.parse(bandwidth));
      }
      if (operations != null && operations != 0) {
        limits = limits.withOperationsPerSecond(operations);
      }
      return limits;
    }
  }

  @Mixin private final Rates rates = new Rates();

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
