package dev.mtb.s3;

import static dev.mtb.s3.ScriptedServer.answer;
import static dev.mtb.s3.ScriptedServer.error;

import dev.mtb.s3.ScriptedServer.Step;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Simulated servers whose clock differs from that of this machine. */
final class Clocks {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /** The largest difference that Amazon's server accepts. */
  private static final Duration ACCEPTED = Duration.ofMinutes(15);

  private Clocks() {}

  /** A server's time, so far ahead of this machine's. */
  static String format(Duration ahead) {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(
        Instant.now().plus(ahead).atOffset(ZoneOffset.UTC));
  }

  /** Refuses what is signed for another time. */
  static Step refusing(Duration ahead, String code) {
    return wire -> {
      Instant signed = TIME.parse(wire.request.header("x-amz-date").orElseThrow(), Instant::from);
      Duration difference = Duration.between(signed, Instant.now().plus(ahead)).abs();
      String date = "Date: " + format(ahead);
      (difference.compareTo(ACCEPTED) > 0 ? error(403, code, date) : answer(200, "", date))
          .serve(wire);
    };
  }

  /** Makes sure that all requests are under way before the first is answered. */
  static final class Together {
    /** The work of a thread. */
    interface Call {
      void run() throws IOException;
    }

    private final int count;
    private final CyclicBarrier arrived;

    Together(int count) {
      this.count = count;
      arrived = new CyclicBarrier(count);
    }

    Step refusing(Duration ahead) {
      return wire -> {
        try {
          arrived.await();
        } catch (InterruptedException | BrokenBarrierException e) {
          throw new IOException(e);
        }
        error(403, "RequestTimeTooSkewed", "Date: " + format(ahead)).serve(wire);
      };
    }

    /** Runs the same call in several threads, and returns the failures. */
    List<Throwable> run(Call call) throws InterruptedException {
      List<Throwable> failures = new ArrayList<>();
      ExecutorService threads = Executors.newFixedThreadPool(count);
      try {
        List<Future<Void>> results = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          results.add(
              threads.submit(
                  () -> {
                    call.run();
                    return null;
                  }));
        }
        for (Future<Void> result : results) {
          try {
            result.get();
          } catch (ExecutionException e) {
            failures.add(e.getCause());
          }
        }
      } finally {
        threads.shutdownNow();
      }
      return failures;
    }
  }
}
