package dev.mtb.testing;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Ends the processes that a test has started and that still run when it has ended or failed. A
 * process that uses a mount would keep the next test from mounting. For all tests (see {@code
 * META-INF/services}).
 *
 * <p>An s3fs belongs to its class, which may mount again before each test. It is ended after all.
 */
public final class ChildProcesses
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final Namespace NAMESPACE = Namespace.create(ChildProcesses.class);

  /** A killed process is gone at once, unless it hangs in the kernel. */
  private static final int SECONDS = 10;

  @Override
  public void beforeAll(ExtensionContext context) {
    note(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    note(context);
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    end(context, process -> !isS3fs(process));
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    end(context, process -> true);
  }

  private static Set<ProcessHandle> children() {
    return ProcessHandle.current().children().collect(Collectors.toSet());
  }

  private static void note(ExtensionContext context) {
    context.getStore(NAMESPACE).put(context.getUniqueId(), children());
  }

  private static boolean isS3fs(ProcessHandle process) {
    return process.info().command().map(command -> command.endsWith("/s3fs")).orElse(false);
  }

  private static void end(ExtensionContext context, Predicate<ProcessHandle> isWanted)
      throws Exception {
    Set<?> before = context.getStore(NAMESPACE).get(context.getUniqueId(), Set.class);
    for (ProcessHandle child : children()) {
      if (!before.contains(child) && isWanted.test(child)) {
        child.descendants().forEach(ProcessHandle::destroyForcibly);
        child.destroyForcibly();
        CompletableFuture<ProcessHandle> end = child.onExit();
        try {
          end.get(SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
          throw new IllegalStateException("a process of this test does not end: " + child, e);
        }
      }
    }
  }
}
