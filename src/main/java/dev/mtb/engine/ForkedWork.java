package dev.mtb.engine;

import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveAction;

/** Work on many items at once, in the pool of the calling thread. Thread-safe. */
final class ForkedWork {
  private final Stop stop;

  /** Does nothing more when the run is stopped; a failure of the work stops the run. */
  ForkedWork(Stop stop) {
    this.stop = stop;
  }

  /** What is done with an item. */
  interface Work<T> {
    void run(T item) throws IOException;
  }

  /** Works on all items, and waits for the end. */
  <T> void each(List<T> items, Work<T> work) {
    List<RecursiveAction> tasks = new ArrayList<>();
    for (T item : items) {
      tasks.add(
          new RecursiveAction() {
            @Override
            protected void compute() {
              if (stop.stopping()) {
                return;
              }
              try {
                work.run(item);
              } catch (DestinationException e) {
                stop.lost(e);
              } catch (IOException | RuntimeException | Error e) {
                stop.crashed(e);
              }
            }
          });
    }
    ForkJoinTask.invokeAll(tasks);
  }
}
