package dev.mtb.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.doctor.Checkup;
import dev.mtb.doctor.Finding;
import java.io.IOException;
import java.util.Locale;

/** What the doctor found, as JSON; the names of its fields are a promise to other programs. */
final class CheckupJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private CheckupJson() {}

  static String of(Checkup checkup, String destination) throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("destination", JsonReport.readable(destination));
    json.put("exitCode", checkup.exitCode());
    ArrayNode findings = json.putArray("findings");
    for (Finding finding : checkup.findings()) {
      ObjectNode one = findings.addObject();
      one.put("status", finding.status().name().toLowerCase(Locale.ROOT))
          .put("what", finding.what())
          .put("text", JsonReport.readable(finding.text()));
      finding.remedy().ifPresent(remedy -> one.put("remedy", JsonReport.readable(remedy)));
    }
    checkup.notChecked().forEach(json.putArray("notChecked")::add);
    return JsonReport.escaped(MAPPER.writeValueAsString(json));
  }
}
