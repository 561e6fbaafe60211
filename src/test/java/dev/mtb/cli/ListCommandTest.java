package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.store.TemporaryNames;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mtb ls} as it is typed. */
class ListCommandTest {
  private static final Instant OLD = Instant.ofEpochSecond(1_500_000_000, 123_456_789);

  @TempDir Path temp;
  private Path backup;
  private String out;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    backup = temp.resolve("backup");
    RandomTree.write(backup.resolve("sub/deep/c"), RandomTree.bytes(3, 30), OLD);
    RandomTree.write(backup.resolve("sub/b"), RandomTree.bytes(2, 20), OLD);
    RandomTree.write(backup.resolve("sub-x"), RandomTree.bytes(1, 0), OLD);
    RandomTree.write(backup.resolve("a"), RandomTree.bytes(1, 10), OLD);
    Files.createSymbolicLink(backup.resolve("link"), Path.of("sub/b"));
  }

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    out = result.out();
    err = result.err();
    return result.exitCode();
  }

  @Test
  void names_areSorted_directoriesBeforeWhatIsInThem() {
    assertThat(mtb("ls", backup.toString())).isZero();
    assertThat(out.lines()).containsExactly("a", "link", "sub/", "sub-x");
    assertThat(err).isEmpty();
    assertThat(mtb("ls", "-R", backup.toString())).isZero();
    assertThat(out.lines())
        .containsExactly("a", "link", "sub/", "sub/b", "sub/deep/", "sub/deep/c", "sub-x");
  }

  @Test
  void paths_areThoseThatRestoreTakes() throws Exception {
    Files.createDirectory(backup.resolve("empty"));
    assertThat(mtb("ls", backup.toString(), "sub", "a", "empty", "link", "sub/b/")).isZero();
    assertThat(out.lines()).containsExactly("sub/b", "sub/deep/", "a", "link", "sub/b");
    assertThat(mtb("ls", backup.toString(), "/sub/deep", backup.resolve("sub/deep").toString()))
        .isZero();
    assertThat(out.lines()).containsExactly("sub/deep/c", "sub/deep/c");
  }

  @Test
  void longForm_showsModeOwnerSizeTimeAndTarget() throws Exception {
    Files.setAttribute(backup.resolve("a"), "unix:mode", 04640);
    Files.setPosixFilePermissions(
        backup.resolve("sub"), PosixFilePermissions.fromString("rwxr-x---"));
    Files.setLastModifiedTime(backup.resolve("sub"), FileTime.from(OLD));
    String time =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss")
            .format(OLD.atZone(ZoneId.systemDefault()));
    String ids =
        String.format(
            "%5s %5s",
            Files.getAttribute(backup.resolve("a"), "unix:uid"),
            Files.getAttribute(backup.resolve("a"), "unix:gid"));

    assertThat(mtb("ls", "-l", backup.toString())).isZero();

    List<String> lines = out.lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).isEqualTo("-rwSr----- " + ids + "           10 " + time + " a");
    assertThat(lines.get(1)).startsWith("lrwxrwxrwx " + ids).endsWith(" link -> sub/b");
    assertThat(lines.get(2)).isEqualTo("drwxr-x--- " + ids + "            - " + time + " sub/");
  }

  @Test
  void json_hasAllThatIsKnown_oneObjectALine() throws Exception {
    assertThat(mtb("ls", "--json", "-l", backup.toString())).isZero();
    List<JsonNode> nodes = new ArrayList<>();
    for (String line : out.lines().toList()) {
      nodes.add(new ObjectMapper().readTree(line));
    }
    assertThat(nodes).hasSize(4);
    assertThat(nodes.get(0).get("path").asText()).isEqualTo("a");
    assertThat(nodes.get(0).get("kind").asText()).isEqualTo("file");
    assertThat(nodes.get(0).get("size").asLong()).isEqualTo(10);
    assertThat(nodes.get(0).get("mtime").asText()).isEqualTo(OLD.toString());
    assertThat(nodes.get(0).get("mode").asText()).matches("0[0-7]{3}");
    assertThat(nodes.get(0).get("uid").isNumber()).isTrue();
    assertThat(nodes.get(0).get("gid").isNumber()).isTrue();
    assertThat(nodes.get(0).has("target")).isFalse();
    assertThat(nodes.get(1).get("kind").asText()).isEqualTo("link");
    assertThat(nodes.get(1).get("target").asText()).isEqualTo("sub/b");
    assertThat(nodes.get(2).get("kind").asText()).isEqualTo("directory");
    assertThat(nodes.get(2).has("size")).isFalse();
  }

  @Test
  void hostileNames_areEscaped() throws Exception {
    RandomTree.write(backup.resolve("new\nline \u001b[31m"), "x");
    Path raw = RandomTree.child(backup, new byte[] {'r', (byte) 0xff});
    Files.write(raw, new byte[] {1});
    assertThat(mtb("ls", backup.toString())).isZero();
    assertThat(out.lines())
        .containsExactly("a", "link", "new\\nline \\x1b[31m", "r\\xff", "sub/", "sub-x");
    assertThat(mtb("ls", "--json", backup.toString())).isZero();
    assertThat(out.lines()).hasSize(6);
    JsonNode json = new ObjectMapper().readTree(out.lines().toList().get(3));
    assertThat(json.get("path").asText()).isEqualTo("r\\xff");
    assertThat(json.get("pathBase64").binaryValue()).isEqualTo(new byte[] {'r', (byte) 0xff});
  }

  /** What restore skips is not in the backup. */
  @Test
  void temporaryFilesOfMtb_areLeftOut() throws Exception {
    RandomTree.write(backup.resolve(".fuse_hidden0123456789abcdef"), "hidden");
    RandomTree.write(backup.resolve(TemporaryNames.next()), "written by a run");
    assertThat(mtb("ls", backup.toString())).isZero();
    assertThat(out.lines()).containsExactly("a", "link", "sub/", "sub-x");
  }

  @Test
  void missingPath_is23_andTheRestIsListed() {
    assertThat(mtb("ls", backup.toString(), "gone", "a/b", "sub")).isEqualTo(23);
    assertThat(out.lines()).containsExactly("sub/b", "sub/deep/");
    assertThat(err).contains("mtb: gone: is not in the backup").contains("mtb: a/b: ");
    assertThat(mtb("restore", backup.toString(), "gone", temp.resolve("target").toString()))
        .isEqualTo(23);
    assertThat(err).contains("gone: is not in the backup; mtb ls shows what is");
  }

  @Test
  void noBackup_is10_andWrongUsageIs2() {
    assertThat(mtb("ls", temp.resolve("none").toString())).isEqualTo(10);
    assertThat(err).contains("there is no backup at").contains("none");
    assertThat(mtb("ls")).isEqualTo(2);
    assertThat(err).contains("give the backup to list");
    assertThat(mtb("ls", backup.toString(), "../x")).isEqualTo(2);
    assertThat(err).contains("leads out of the backup");
    assertThat(mtb("ls", "remote:bucket")).isEqualTo(2);
    assertThat(mtb("ls", "--region", "x", backup.toString())).isEqualTo(2);
    assertThat(out).isEmpty();
  }

  /** As in {@code mtb ls | head}. */
  @Test
  void readerThatGoesAway_endsIt() {
    int[] written = {0};
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            written[0]++;
            throw new IOException("Broken pipe");
          }
        };
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    int code =
        Main.run(new String[] {"ls", "-R", backup.toString()}, new PrintStream(closed), nowhere);
    assertThat(code).isZero();
    assertThat(written[0]).isEqualTo(1);
  }
}
