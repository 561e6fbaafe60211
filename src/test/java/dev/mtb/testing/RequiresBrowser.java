package dev.mtb.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests that look at a page in a {@link Browser}. Where Chromium is not installed they are
 * disabled; where the environment variable {@code MTB_REQUIRE_S3FS} is {@code 1} they fail, as with
 * {@link RequiresS3fs}: that is where everything is meant to run.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresBrowser.Condition.class)
public @interface RequiresBrowser {
  /** Looks for the browser. Thread-safe. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      Optional<String> missing =
          RequiresS3fs.Condition.isOnPath(Browser.PROGRAM)
              ? Optional.empty()
              : Optional.of(Browser.PROGRAM + " is not installed");
      return RequiresS3fs.Condition.evaluate(
          missing, "1".equals(System.getenv("MTB_REQUIRE_S3FS")));
    }
  }
}
