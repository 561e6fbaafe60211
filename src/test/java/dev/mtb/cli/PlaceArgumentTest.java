package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.InvalidJobException;
import dev.mtb.testing.RandomTree;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A place that was mistyped is wrong usage, and never a new directory. */
class PlaceArgumentTest {
  @TempDir Path temp;
  private Path source;
  private List<String> before;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    RandomTree.write(source.resolve("a"), "aaa");
    before = here();
  }

  /** Nothing was made where a relative name leads. */
  @AfterEach
  void nothingNew() throws Exception {
    assertThat(here()).isEqualTo(before);
  }

  private static List<String> here() throws Exception {
    try (Stream<Path> names = Files.list(Path.of(""))) {
      return names.map(Path::toString).sorted().toList();
    }
  }

  private int mtb(String... args) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    int code = Main.run(args, stream, stream);
    err = bytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  static List<String> mistyped() {
    return List.of(
        "s3:mybkt",
        "s3:/mybkt",
        "s3:mybkt/prefix",
        "S3://mybkt/x",
        "s3//mybkt",
        "S3//mybkt/x",
        " s3://mybkt",
        "host:backup",
        "host:",
        "user@host:/path",
        "host::module/x",
        "[::1]:x",
        "rclone:foo",
        ":s3:bucket",
        "gs://mybkt",
        "file:///tmp/x",
        "https://s3.example.com/mybkt",
        "s3://",
        "s3:///x",
        "s3://B_x/..",
        "s3://mybkt/a//b",
        "s3://host:9000/mybkt",
        "s3://key:secret@mybkt/x",
        "s3://my bkt/x",
        "");
  }

  @ParameterizedTest
  @MethodSource("mistyped")
  void mistyped_isWrongUsage_inEveryCommand(String place) {
    List<List<String>> commands =
        List.of(
            List.of("backup", "-b", source.toString(), ".", place),
            List.of("backup", "-n", "-b", source.toString(), ".", place),
            List.of("verify", "-b", source.toString(), ".", place),
            List.of("restore", place, temp.resolve("target").toString()),
            List.of("restore", source.toString(), place),
            List.of("doctor", place));
    for (List<String> command : commands) {
      assertThat(mtb(command.toArray(String[]::new))).as("%s: %s", command, err).isEqualTo(2);
      assertThat(err).contains("mtb: ");
    }
    assertThat(temp.resolve("target")).doesNotExist();
  }

  @Test
  void message_saysWhatToWriteInstead() {
    assertThat(mtb("backup", "-b", source.toString(), ".", "s3:mybkt")).isEqualTo(2);
    assertThat(err)
        .contains("'s3:mybkt'")
        .contains("s3://BUCKET/PREFIX")
        .contains("./NAME for a directory");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a:b",
        "./a:b",
        "../a:b",
        "./s3://b",
        "/s3://b",
        "plain",
        "a/b:c",
        "a//b",
        ".",
        "..",
        "~"
      })
  void explicitOrPlain_isADirectory(String text) {
    PlaceArgument place = PlaceArgument.parse(text, "destination");
    assertThat(place.bucket()).isEmpty();
    assertThat(place.directory()).isEqualTo(Path.of(text));
  }

  /** In the directory that it is started in, which a process cannot change for itself. */
  @Test
  void directoryThatIsThere_isTaken_whateverItsName() throws Exception {
    String name = "mtb-test:" + System.nanoTime();
    assertThatThrownBy(() -> PlaceArgument.parse(name, "destination"))
        .isInstanceOf(InvalidJobException.class);
    Path directory = Files.createDirectory(Path.of(name));
    try {
      assertThat(PlaceArgument.parse(name, "destination").directory()).isEqualTo(directory);
      assertThat(PlaceArgument.parse(name + "/new", "destination").directory())
          .isEqualTo(directory.resolve("new"));
    } finally {
      Files.delete(directory);
    }
  }

  @Test
  void absolutePathWithAColon_isBackedUpTo() {
    Path destination = temp.resolve("host:backup");
    assertThat(mtb("backup", "-b", source.toString(), ".", destination.toString())).isZero();
    assertThat(destination.resolve("a")).hasContent("aaa");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--endpoint-url=http://127.0.0.1:1",
        "--region=eu-central-1",
        "--addressing-style=path",
        "--passwd-file=/etc/passwd-s3fs",
        "--sign-payload",
        "--requester-pays"
      })
  void optionOfABucket_withADirectory_isWrongUsage_inEveryCommand(String option) {
    String backup = temp.resolve("backup").toString();
    for (List<String> command :
        List.of(
            List.of("backup", "-b", source.toString(), ".", backup),
            List.of("verify", "-b", source.toString(), ".", backup),
            List.of("restore", backup, temp.resolve("target").toString()),
            List.of("doctor", backup))) {
      List<String> args = new ArrayList<>(command);
      args.add(1, option);
      assertThat(mtb(args.toArray(String[]::new))).as("%s: %s", args, err).isEqualTo(2);
      assertThat(err).contains(option.split("=", -1)[0]).contains("s3://BUCKET/PREFIX");
    }
    assertThat(temp.resolve("backup")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--storage-class=STANDARD_IA",
        "--sse=AES256",
        "--sse=aws:kms --sse-kms-key-id=alias/backup",
        "--acl=private",
        "--tag=team=a",
        "--object-lock-mode=governance --object-lock-retain=30d"
      })
  void styleOfObjects_withADirectory_isWrongUsage(String options) {
    String backup = temp.resolve("backup").toString();
    List<String> args = new ArrayList<>(List.of("backup", "-b", source.toString(), ".", backup));
    args.addAll(1, List.of(options.split(" ", -1)));

    assertThat(mtb(args.toArray(String[]::new))).as("%s: %s", args, err).isEqualTo(2);
    assertThat(err).contains("--").contains("s3://BUCKET/PREFIX");
    assertThat(temp.resolve("backup")).doesNotExist();
  }

  /** Nothing is sent: there is no server. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--storage-class=not.one|STANDARD_IA",
        "--storage-class=FAST_DISKS|STANDARD_IA",
        "--sse=sse-c|AES256, aws:kms",
        "--sse-kms-key-id=key|--sse",
        "--acl=everyone|public-read",
        "--tag=novalue|--tag",
        "--tag=aws:x=1|aws:",
        "--object-lock-mode=COMPLIANCE|--object-lock-retain",
        "--object-lock-retain=30d|--object-lock-mode",
        "--object-lock-mode=COMPLIANCE --object-lock-retain=0s|100 years"
      })
  void styleThatS3DoesNotTake_isWrongUsage(String optionsAndWords) {
    int bar = optionsAndWords.indexOf('|');
    String options = optionsAndWords.substring(0, bar);
    List<String> args =
        new ArrayList<>(List.of("backup", "-b", source.toString(), ".", "s3://bucket/p"));
    args.addAll(1, List.of(options.split(" ", -1)));

    assertThat(mtb(args.toArray(String[]::new))).as("%s: %s", args, err).isEqualTo(2);
    assertThat(err).contains(optionsAndWords.substring(bar + 1));
  }
}
