package dev.mtb.cli;

import dev.mtb.cli.text.OptionNames;
import dev.mtb.cli.text.Text;
import dev.mtb.doctor.Checkup;
import dev.mtb.doctor.Finding;
import dev.mtb.doctor.Finding.Status;
import java.io.PrintStream;

/** The doctor's findings as text. */
record FindingLines(PrintStream out) {
  void print(Finding finding) {
    String status = Text.lower(finding.status());
    out.println(String.format("%-4s  %s: %s", status, finding.what(), shown(finding.text())));
    finding.remedy().ifPresent(remedy -> out.println("      to do: " + shown(remedy)));
    out.flush();
  }

  /** Names of files are escaped already. */
  private static String shown(String text) {
    return Text.withoutControls(OptionNames.inFlags(text));
  }

  static String summary(Checkup checkup) {
    int failures = checkup.count(Status.FAIL);
    int warnings = checkup.count(Status.WARN);
    String verdict =
        failures > 0
            ? "the destination cannot be used"
            : warnings > 0
                ? "the destination can be used, and could be better"
                : "the destination is good";
    return String.format(
        "mtb: %s (%s ok, %s to look at, %s broken)%s",
        verdict,
        checkup.count(Status.OK),
        warnings,
        failures,
        checkup.notChecked().isEmpty()
            ? ""
            : "; not checked: " + String.join(", ", checkup.notChecked()));
  }
}
