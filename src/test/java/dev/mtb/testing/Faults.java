package dev.mtb.testing;

import dev.mtb.model.Action;
import dev.mtb.testing.CountingProxy.Fault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * A plan of faults between a client and its S3 server: random ones, which are the same for the same
 * seed and order of requests, or chosen ones. Rules are asked in the order in which they were
 * added, and the first that applies wins.
 *
 * <pre>{@code
 * proxy.setFault(Faults.seeded(seed).randomly(0.05, answer(500)).nth(3, "PUT", ".*", reset()));
 * }</pre>
 *
 * <p>Thread-safe once it is in use.
 */
public final class Faults implements Fault {
  private final List<Rule> rules = new ArrayList<>();

  // Guarded by this.
  private final SplittableRandom random;
  private long injected;

  private Faults(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Starts a plan without faults. */
  public static Faults seeded(long seed) {
    return new Faults(seed);
  }

  /** Decides what happens to a request; null if the rule does not apply. */
  private interface Rule {
    Action decide(String method, String path);
  }

  /** Something that happens with this probability to each request. */
  public Faults randomly(double probability, Action action) {
    return randomly(probability, ".*", ".*", action);
  }

  /** The same for requests whose method and whose path with query match these expressions. */
  public Faults randomly(double probability, String methods, String paths, Action action) {
    Pattern method = Pattern.compile(methods);
    Pattern path = Pattern.compile(paths);
    rules.add(
        (m, p) -> matches(method, m) && matches(path, p) && hits(probability) ? action : null);
    return this;
  }

  /** Something that happens once: to the nth request that matches, counted from 1. */
  public Faults nth(long n, String methods, String paths, Action action) {
    Pattern method = Pattern.compile(methods);
    Pattern path = Pattern.compile(paths);
    long[] seen = new long[1];
    rules.add((m, p) -> matches(method, m) && matches(path, p) && ++seen[0] == n ? action : null);
    return this;
  }

  /**
   * With this probability a look at an object is answered 500, and the next one at the same key
   * 404: s3fs issue 2581, and what servers do that lose a node. Once for each key.
   */
  public Faults missingAfterError(double probability) {
    Map<String, Integer> looks = new HashMap<>();
    rules.add(
        (method, path) -> {
          boolean isChosen =
              method.equals("HEAD") && (looks.containsKey(path) || hits(probability));
          if (!isChosen) {
            return null;
          }
          return switch (looks.merge(path, 1, Integer::sum)) {
            case 1 -> Action.answer(500);
            case 2 -> Action.answer(404);
            default -> null;
          };
        });
    return this;
  }

  private static boolean matches(Pattern pattern, String text) {
    return pattern.matcher(text).matches();
  }

  private boolean hits(double probability) {
    return random.nextDouble() < probability;
  }

  @Override
  public synchronized Action onRequest(String method, String path, long sequence) {
    for (Rule rule : rules) {
      Action action = rule.decide(method, path);
      if (action != null) {
        injected++;
        return action;
      }
    }
    return Action.pass();
  }

  /**
   * The number of injected faults so far. A test should check it, since without faults it tests
   * nothing.
   */
  public synchronized long injected() {
    return injected;
  }
}
