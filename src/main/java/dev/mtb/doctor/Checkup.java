package dev.mtb.doctor;

import com.google.common.collect.ImmutableList;
import dev.mtb.doctor.Finding.Status;
import java.util.List;

/**
 * The result of all checks. Immutable.
 *
 * @param findings in the order in which they were made
 * @param notChecked the checks that were not made, each with the reason
 */
public record Checkup(List<Finding> findings, List<String> notChecked) {
  private static final int EXIT_UNUSABLE = 10;

  /** Copies the lists. */
  public Checkup {
    findings = ImmutableList.copyOf(findings);
    notChecked = ImmutableList.copyOf(notChecked);
  }

  /**
   * Counts the findings of a status.
   *
   * @param status which
   * @return 0 or more
   */
  public int count(Status status) {
    return (int) findings.stream().filter(finding -> finding.status() == status).count();
  }

  /**
   * The exit code of the command.
   *
   * @return 0, or 10 if the destination cannot be used
   */
  public int exitCode() {
    return count(Status.FAIL) > 0 ? EXIT_UNUSABLE : 0;
  }
}
