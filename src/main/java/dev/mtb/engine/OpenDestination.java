package dev.mtb.engine;

import com.google.common.base.Ticker;
import com.google.common.util.concurrent.RateLimiter;
import dev.mtb.job.Failure;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Metadata;
import dev.mtb.options.Concurrency;
import dev.mtb.options.KeptAttributes;
import dev.mtb.options.Limits;
import dev.mtb.place.StoredBackup;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Retry;
import dev.mtb.store.RetryingDestination;
import dev.mtb.store.SelectiveDestination;
import dev.mtb.store.Throttle;
import java.io.IOException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The destination of a run, with the job's limits, attributes and retries.
 *
 * @param retry that of the destination
 * @param root what the destination itself was like when it was opened; empty if it was missing
 */
record OpenDestination(Destination destination, Retry retry, Optional<Metadata> root) {

  /**
   * Puts limits and retries before a destination.
   *
   * @throws IOException if the destination cannot be used, or there is nothing to verify
   */
  static OpenDestination of(RunContext context, Destination real) throws IOException {
    Retry retry = retry(context, real);
    // A thread that waits for its next try takes no part in the limits.
    Destination destination =
        new RetryingDestination(selective(context, limited(context, real)), retry);
    Optional<Metadata> root = destination.stat(context.destinationPath());
    if (root.isEmpty() && context.purpose() == Purpose.VERIFY) {
      throw new DestinationException(
          "there is no backup to verify: " + destination.name() + " does not exist");
    }
    return new OpenDestination(destination, retry, root);
  }

  private static Retry retry(RunContext context, Destination destination) {
    Concurrency concurrency = context.options().concurrency();
    return new Retry(
        destination,
        context.options().waiting().retries(),
        Math.max(concurrency.threads(), concurrency.checkers()),
        context.pause(),
        context.stop()::stopping,
        () -> ThreadLocalRandom.current().nextDouble(),
        Ticker.systemTicker());
  }

  private static Destination selective(RunContext context, Destination real) {
    KeptAttributes kept = context.options().attributes();
    return kept.equals(KeptAttributes.ALL) ? real : new SelectiveDestination(real, kept);
  }

  /**
   * Out of a bucket, the operations that count are the requests to it; the target's own cost
   * nothing.
   */
  private static Destination limited(RunContext context, Destination real) {
    Limits limits = context.options().limits();
    OptionalDouble operations = limits.operationsPerSecond();
    Optional<StoredBackup> bucket = context.direction().bucketThatIsRead();
    if (bucket.isPresent() && operations.isPresent()) {
      double count = operations.getAsDouble();
      bucket.get().limit(throttle(context, Limits.NONE.withOperationsPerSecond(count)));
      limits = Limits.NONE.withBandwidth(limits.bandwidth());
    }
    boolean isLimited = limits.bandwidth().isLimited() || limits.operationsPerSecond().isPresent();
    return isLimited ? real.limitedBy(throttle(context, limits)) : real;
  }

  private static Throttle throttle(RunContext context, Limits limits) {
    return new Throttle(
        limits,
        Clock.system(ZoneId.systemDefault()),
        RateLimiter::create,
        context.pause(),
        context.stop()::stopping);
  }

  /** Makes what was copied safe against a crash of the machine, before it is reported as copied. */
  void sync(RunContext context) {
    if (context.purpose() != Purpose.BACKUP || context.stop().lost().isPresent()) {
      return;
    }
    try {
      destination.sync();
    } catch (DestinationException e) {
      context.stop().lost(e);
    } catch (IOException e) {
      context.failed(
          Failure.Stage.COPY,
          ErrorText.of(e)
              + "; what was copied may be lost if the machine fails: see what is wrong with the"
              + " disk (dmesg), and run again");
    }
  }
}
