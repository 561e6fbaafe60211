package dev.mtb.engine;

import com.google.common.base.Ticker;
import com.google.common.util.concurrent.RateLimiter;
import dev.mtb.job.Failure;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Metadata;
import dev.mtb.options.Concurrency;
import dev.mtb.options.Limits;
import dev.mtb.store.DestinationException;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.Retry;
import dev.mtb.store.RunStore;
import dev.mtb.store.Store;
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
 * @param oldVersions where old versions go; empty if they are not kept
 */
record OpenStore(
    Store destination,
    Retry retry,
    Optional<Metadata> root,
    Optional<OldVersionsPlace> oldVersions) {

  /** Puts limits and retries before a destination. */
  static OpenStore of(RunContext context, Store real, Optional<OldVersionsPlace> oldVersions)
      throws IOException {
    Retry retry = retry(context, real);
    Store destination =
        new RunStore(real, retry, throttle(context), context.options().attributes());
    Optional<Metadata> root = destination.stat(context.destinationPath());
    if (root.isEmpty() && context.purpose() == Purpose.VERIFY) {
      throw new DestinationException(
          "there is no backup to verify: " + destination.name() + " does not exist");
    }
    return new OpenStore(destination, retry, root, oldVersions);
  }

  private static Retry retry(RunContext context, Store destination) {
    Concurrency concurrency = context.options().concurrency();
    return new Retry(
        destination,
        context.options().waiting().retries(),
        Math.max(concurrency.mostThreads(), concurrency.checkers()),
        context.pause(),
        context.stop()::stopping,
        () -> ThreadLocalRandom.current().nextDouble(),
        Ticker.systemTicker());
  }

  /**
   * The throttle for the destination. If the source is read by HTTP requests, the limit counts
   * those, and the operations on the destination are not limited.
   */
  private static Optional<Throttle> throttle(RunContext context) {
    Limits limits = context.options().limits();
    OptionalDouble operations = limits.operationsPerSecond();
    if (operations.isPresent()) {
      double count = operations.getAsDouble();
      if (context.tree().limit(throttle(context, Limits.NONE.withOperationsPerSecond(count)))) {
        limits = Limits.NONE.withBandwidth(limits.bandwidth());
      }
    }
    boolean isLimited = limits.bandwidth().isLimited() || limits.operationsPerSecond().isPresent();
    return isLimited ? Optional.of(throttle(context, limits)) : Optional.empty();
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
