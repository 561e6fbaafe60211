package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of README in their order, on a real mount. Only places, names, keys and the server
 * are replaced.
 */
@RequiresS3fs
class ReadmeIT {
  /** Code of a shell, in a block or in a sentence. */
  private static final Pattern COMMANDS =
      Pattern.compile("(?ms)^ *```sh\\n(.*?)^ *```$|`(mtb [^`]+)`");

  private static final Pattern LIST =
      Pattern.compile("(?ms)in `/etc/mtb/list.txt`.*?```\\n(.*?)```");

  /** Long enough for a busy machine: some ten starts of Java. */
  private static final int LIMIT_MINUTES = 10;

  @TempDir Path temp;

  private Map<String, String> substitutions(S3Server server) {
    Map<String, String> substitutions = new LinkedHashMap<>();
    // First of all: the jar may be below /tmp, too.
    substitutions.put("(?<=[ =@])/(etc|mnt|home|tmp)/", temp + "/$1/");
    // Maven runs this test; debian.sh tests the package.
    substitutions.put("mvn -B -q -DskipTests package && ", "");
    substitutions.put("mvn -B -DskipTests package -Pdeb && apt install [^\n]*", ":");
    substitutions.put("mvn -B verify", ":");
    substitutions.put("target/mtb\\.jar", System.getProperty("mtb.jar"));
    substitutions.put(
        "ACCESS_KEY_ID:SECRET_ACCESS_KEY", server.identity() + ":" + server.credential());
    substitutions.put(
        ",enable_noobj_cache",
        ",url=http://127.0.0.1:" + server.port() + ",use_path_request_style,enable_noobj_cache");
    substitutions.put("=https://s3.example.com", "=http://127.0.0.1:" + server.port());
    substitutions.put("\\bmy-bucket\\b", server.bucket());
    return substitutions;
  }

  private static String commands(String readme) {
    StringBuilder script = new StringBuilder();
    COMMANDS
        .matcher(readme)
        .results()
        .forEach(
            match ->
                script.append(match.group(1) == null ? match.group(2) + "\n" : match.group(1)));
    return script.toString();
  }

  private static void program(Path file, String text) throws IOException {
    RandomTree.write(file, "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Thorough
  @Test
  void commandsOfReadme_doWhatItSays() throws Exception {
    Path documents = temp.resolve("home/me/documents");
    RandomTree.write(documents.resolve("a"), "aaa");
    RandomTree.write(temp.resolve("home/me/photos/b"), "bbb");
    program(
        temp.resolve("bin/mtb"), "exec java -jar '" + System.getProperty("mtb.jar") + "' \"$@\"");
    program(
        temp.resolve("bin/systemctl"), "echo \"$*\" >> '" + temp.resolve("systemctl.log") + "'");
    Files.createDirectories(temp.resolve("tmp"));
    Files.createDirectories(temp.resolve("mnt"));
    String readme = Files.readString(Path.of("README.md"));
    String list = LIST.matcher(readme).results().findFirst().orElseThrow().group(1);
    RandomTree.write(
        temp.resolve("etc/mtb/list.txt"), list.strip().replaceAll("(?m)^ *", temp.toString()));

    String output;
    try (S3Server server = S3Server.start("readme")) {
      String commands = commands(readme);
      for (Map.Entry<String, String> one : substitutions(server).entrySet()) {
        assertThat(commands).containsPattern(one.getKey());
        commands = commands.replaceAll(one.getKey(), one.getValue());
      }
      Path mount = temp.resolve("mnt/bucket");
      output = run("trap 'umount -l " + mount + " || :' EXIT\nset -eux\n" + commands);
    }

    assertThat(temp.resolve("tmp/mtb-demo/README.md")).hasContent(readme);
    assertThat(temp.resolve("tmp/restored/documents/a")).hasContent("aaa");
    assertThat(temp.resolve("tmp/restored/photos/b")).hasContent("bbb");
    assertThat(output)
        .contains("documents/a")
        .contains("last success")
        .contains("0 differences or failures")
        .doesNotContain("last success  never");
    assertThat(temp.resolve("systemctl.log"))
        .content()
        .contains("daemon-reload\nenable --now mtb@home.timer\n");
  }

  private String run(String script) throws Exception {
    Path log = temp.resolve("log");
    ProcessBuilder bash =
        new ProcessBuilder("bash", "-c", script)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    Map<String, String> environment = bash.environment();
    environment.put("PATH", temp.resolve("bin") + ":" + environment.get("PATH"));
    environment.put("MTB_STATE_DIR", temp.resolve("state").toString());
    environment.put("MTB_CONFIG_DIR", temp.resolve("etc/mtb").toString());
    environment.put("MTB_UNIT_DIR", temp.resolve("etc/systemd/system").toString());
    Process process = bash.start();
    boolean isDone = process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES);
    String output = Files.readString(log, StandardCharsets.UTF_8);
    System.out.println(output);
    assertThat(isDone).as(output).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
