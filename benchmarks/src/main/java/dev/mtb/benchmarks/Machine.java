package dev.mtb.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.gaul.s3proxy.S3Proxy;

/** What the figures depend on: the machine, and the versions of the programs. */
final class Machine {
  private static final Pattern VERSION = Pattern.compile("\\d[\\w.~+:-]*");

  private static final String NOT_INSTALLED = "not installed";

  private Machine() {}

  static Map<String, String> describe() {
    Map<String, String> facts = new LinkedHashMap<>();
    int cores = Runtime.getRuntime().availableProcessors();
    String model = field("/proc/cpuinfo", "model name");
    facts.put("Processor", cores + " cores" + (model.isEmpty() ? "" : ", " + model));
    String memory = field("/proc/meminfo", "MemTotal").replaceAll("\\D", "");
    if (!memory.isEmpty()) {
      facts.put("Memory", Long.parseLong(memory) / (1 << 20) + " GB");
    }
    String system = field("/etc/os-release", "PRETTY_NAME").replace("\"", "");
    facts.put("System", system + ", Linux " + System.getProperty("os.version"));
    return facts;
  }

  static Map<String, String> versions(Options options) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("MTB", version(java, "-jar", options.jar.toString(), "--version"));
    for (Tool tool : options.furtherJars) {
      String jar = tool.jar().orElseThrow().toString();
      versions.put(tool.id(), version(java, "-jar", jar, "--version"));
    }
    versions.put("Java", System.getProperty("java.version"));
    versions.put("s3fs", version("s3fs", "--version"));
    Path s3proxy =
        Path.of(S3Proxy.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    versions.put("S3Proxy", firstVersion(s3proxy.getFileName().toString().replace(".jar", "")));
    versions.put("rsync", version("rsync", "--version"));
    versions.put("cp", version("cp", "--version"));
    versions.put("parallel", version("parallel", "--version"));
    versions.put("fpsync", version("fpsync", "-h"));
    versions.put("rclone", version("rclone", "version"));
    versions.put("aws", version("aws", "--version"));
    versions.values().removeIf(NOT_INSTALLED::equals);
    return versions;
  }

  private static String version(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), UTF_8);
      process.waitFor();
      return firstVersion(text.lines().findFirst().orElse(""));
    } catch (IOException e) {
      return NOT_INSTALLED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }

  private static String firstVersion(String line) {
    // The digit in "s3proxy" and "s3fs" is none.
    Matcher matcher = VERSION.matcher(line.replaceAll("(?i)\\bs3\\w*-?", ""));
    return matcher.find() ? matcher.group() : line;
  }

  private static String field(String file, String name) {
    try {
      List<String> lines = Files.readAllLines(Path.of(file));
      return lines.stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.split("[:=]", 2)[1].strip())
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }
}
