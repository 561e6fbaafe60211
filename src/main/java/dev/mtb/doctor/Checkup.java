package dev.mtb.doctor;

import com.google.common.collect.ImmutableList;
import dev.mtb.doctor.Finding.Status;
import java.util.List;

/**
 * All that was found. Immutable.
 *
 * @param findings in the order in which they were made
 * @param notChecked what could not be checked, or was not to be, and why
 */
public record Checkup(List<Finding> findings, List<String> notChecked) {
  private static final int EXIT_UNUSABLE = 10;

  /** Copies the lists. */
  public Checkup {
    findings = ImmutableList.copyOf(findings);
    notChecked = ImmutableList.copyOf(notChecked);
  }

  /**
   * How many findings are so.
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
