package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.S3Location;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, lists and keys that an attacker has made, or that a broken script has written. */
class HostileInputIT {
  private static final String EVIL = "\u001b[31m\u0007\r\u202e\u009b\ufeff\u2028";

  @TempDir Path temp;
  private Path source;

  @BeforeEach
  void folder() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
  }

  private MtbProcess mtb(Map<String, String> environment, List<String> jvm, String... args)
      throws Exception {
    MtbProcess mtb = MtbProcess.start(temp, environment, jvm, args);
    mtb.exitCode();
    return mtb;
  }

  private static void assertHarmless(MtbProcess mtb) throws IOException {
    // Reading fails if the text is not valid UTF-8.
    for (String text : List.of(mtb.out(), mtb.err())) {
      assertThat(text.codePoints())
          .as(text)
          .noneMatch(c -> c != '\n' && Character.isISOControl(c))
          .noneMatch(c -> Character.getType(c) == Character.FORMAT || c == 0x2028);
    }
  }

  @Thorough
  @Test
  void nothingThatActsOnATerminal_reachesIt() throws Exception {
    RandomTree.write(source.resolve(EVIL + "\nmtb: all is well/" + EVIL), "x");
    RandomTree.write(RandomTree.child(source, new byte[] {(byte) 0xE9, 0x1b, '\n'}), "raw");
    Files.createSymbolicLink(source.resolve("link" + EVIL), Path.of("to" + EVIL));
    ByteArrayOutputStream entries = new ByteArrayOutputStream();
    entries.writeBytes((".\0missing" + EVIL + "\n\0").getBytes(StandardCharsets.UTF_8));
    entries.writeBytes(new byte[] {'m', (byte) 0xFF, 0x1b, '\r', 0});
    Path list = Files.write(temp.resolve("list" + EVIL), entries.toByteArray());
    Path destination = temp.resolve("backup" + EVIL);
    Map<String, String> utf8 = Map.of("LC_ALL", "C.UTF-8");
    String base = source.toString();

    List<MtbProcess> runs = new ArrayList<>();
    // The log has a warning that the destination cannot be locked.
    Map<String, String> noState = Map.of("LC_ALL", "C.UTF-8", "MTB_STATE_DIR", "/dev/null/none");
    String[] listed = {
      "-vv", "-i", "-0", "-l", list.toString(), "-b", base, "--report", "-", destination.toString()
    };
    List<String> backup = new ArrayList<>(List.of("backup"));
    backup.addAll(List.of(listed));
    runs.add(mtb(noState, List.of(), backup.toArray(String[]::new)));
    assertThat(runs.get(0).exitCode()).as(runs.get(0).err()).isEqualTo(23);
    assertThat(runs.get(0).err())
        .contains("another run is writing to")
        .contains("missing\\x1b[31m\\x07\\r\\u202e\\x9b\\ufeff\\u2028\\n: no such file")
        .contains("m\\xff\\x1b\\r: no such file or directory; its name ends with a carriage");
    RandomTree.write(destination.resolve(EVIL + "\nmtb: all is well/" + EVIL), "y");
    backup.set(0, "verify");
    backup.remove("-i");
    backup.remove("--report");
    backup.remove("-");
    runs.add(mtb(utf8, List.of(), backup.toArray(String[]::new)));
    assertThat(runs.get(1).out()).contains("differs: \\x1b[31m");
    for (String[] wrong :
        new String[][] {
          {EVIL},
          {"backup", "--" + EVIL, "a", "b"},
          {"backup", "-t", EVIL, "a", "b"},
          {"backup", "--modify-window", EVIL, "a", "b"},
          {"backup", "--via", EVIL, "a", "b"},
          {"backup", "--endpoint-url", "http://" + EVIL, "a", "b"},
          {"backup", "-l", EVIL, "b"},
          {"backup", "-l", list.toString(), "b"},
          {"backup", "--report", "none/" + EVIL, base, destination.toString()},
          {"backup", base, source.resolve(EVIL).toString()},
          {"backup", base, "s3:///" + EVIL},
          {"backup", base, "s3://" + EVIL + "/.."},
        }) {
      MtbProcess run = mtb(utf8, List.of(), wrong);
      assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
      assertThat(run.err()).startsWith("mtb: ");
      runs.add(run);
    }
    runs.add(mtb(utf8, List.of(), "backup", base, temp.resolve("none/" + EVIL).toString()));
    for (MtbProcess run : runs) {
      assertHarmless(run);
    }
  }

  @Thorough
  @Test
  void largeList_needsLittleMemory() throws Exception {
    for (int i = 0; i < 100; i++) {
      RandomTree.write(source.resolve("x".repeat(90) + i), "x");
    }
    Path list = temp.resolve("list");
    try (var out = Files.newBufferedWriter(list)) {
      for (int i = 0; i < 200_000; i++) {
        out.write("x".repeat(90) + i % 100 + "\n");
      }
    }
    MtbProcess run =
        mtb(
            Map.of(),
            List.of("-Xmx48m"),
            "backup",
            "-b",
            source.toString(),
            "-l",
            list.toString(),
            temp.resolve("backup").toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("100 files copied");
  }

  @Test
  void listFromAPipe_isReadOnce() throws Exception {
    RandomTree.write(source.resolve("a"), "a");
    RandomTree.write(source.resolve("b"), "b");
    Path pipe = temp.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    MtbProcess run =
        MtbProcess.start(
            temp,
            Map.of(),
            List.of(),
            "backup",
            "-b",
            source.toString(),
            "-l",
            pipe.toString(),
            temp.resolve("backup").toString());
    try (OutputStream out = Files.newOutputStream(pipe)) {
      out.write("a\nb\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(temp.resolve("backup/b")).hasContent("b");
  }

  @Test
  void hostileKeys_neverLeadOutOfThePrefix() throws Exception {
    try (S3Server server = S3Server.start("mtb-hostile");
        S3Probe probe = S3Probe.of(server)) {
      List<String> outside = List.of("outside", "other/f", "p-not-ours/f");
      outside.forEach(key -> probe.put(key, "precious", Map.of()));
      probe.put("p/dir/f", "f", Map.of());
      probe.put("p/dir/.hidden/..f", "f", Map.of());
      int planted = 0;
      for (String key :
          List.of("p/dir/../../outside", "p/dir/..", "p//dir", "p/dir//f", "p/./f", "p/dir/../x")) {
        try {
          probe.put(key, "evil", Map.of("mtime", "99999999999999999999", "mode", "-1"));
          planted++;
        } catch (RuntimeException e) {
          // This server refuses the key; others accept it.
        }
      }
      System.out.println("hostile keys planted: " + planted);
      outside.forEach(key -> probe.put(key, "precious", Map.of()));
      // A file takes the directory's place: what is below is deleted.
      RandomTree.write(source.resolve("dir"), "now a file");
      Path passwd =
          Secrets.write(temp.resolve("passwd"), server.identity() + ":" + server.credential());
      BackupJob job =
          BackupJob.builder()
              .base(source)
              .source(Path.of("."))
              .destination(S3Location.parse("s3://mtb-hostile/p"))
              .options(
                  BackupOptions.builder()
                      .stateDirectory(temp.resolve("state"))
                      .deletion(new Deletion(true, Optional.empty(), true))
                      .connection(
                          c ->
                              c.withEndpoint(URI.create("http://127.0.0.1:" + server.port()))
                                  .withPasswdFile(passwd))
                      .build())
              .build();
      assertThat(Mtb.backup(job).exitCode()).isIn(0, 23);
      assertThat(probe.keys("")).containsAll(outside).doesNotContain("p/dir/f", "dir");
      for (String key : outside) {
        assertThat(probe.size(key)).isEqualTo("precious".length());
      }
      assertThat(probe.keys("p/")).contains("p/dir");
    }
  }
}
