package dev.mtb.testing;

import java.io.File;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests that mount a bucket with s3fs. Where that is impossible they are disabled, so that
 * the build passes on any machine; where the environment variable {@code MTB_REQUIRE_S3FS} is
 * {@code 1} they fail, so that a build that is meant to run them cannot lose them unnoticed.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresS3fs.Condition.class)
public @interface RequiresS3fs {
  /** Looks for what s3fs needs. Thread-safe. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      boolean required = "1".equals(System.getenv("MTB_REQUIRE_S3FS"));
      return evaluate(missing(), required);
    }

    static ConditionEvaluationResult evaluate(Optional<String> missing, boolean required) {
      if (missing.isEmpty()) {
        return ConditionEvaluationResult.enabled("s3fs can mount");
      }
      if (required) {
        throw new IllegalStateException("MTB_REQUIRE_S3FS is 1, but " + missing.get());
      }
      return ConditionEvaluationResult.disabled(missing.get());
    }

    private static Optional<String> missing() {
      for (String program : new String[] {"s3fs", "fusermount"}) {
        if (!isOnPath(program)) {
          return Optional.of(program + " is not installed");
        }
      }
      Path device = Path.of("/dev/fuse");
      if (!Files.isReadable(device) || !Files.isWritable(device)) {
        return Optional.of(device + " is missing or not accessible");
      }
      return Optional.empty();
    }

    static boolean isOnPath(String program) {
      String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
      for (String folder : path.split(File.pathSeparator, -1)) {
        if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
          return true;
        }
      }
      return false;
    }
  }
}
