package dev.mtb.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathBytesTest {
  private static final Path BASE = Path.of("/base");

  /** Names that a conversion is likely to change. */
  static List<byte[]> awkwardNames() {
    return List.of(
        "plain".getBytes(UTF_8),
        "a b".getBytes(UTF_8),
        " ".getBytes(UTF_8),
        "100%".getBytes(UTF_8),
        "%2F%41".getBytes(UTF_8),
        "what?".getBytes(UTF_8),
        "#1".getBytes(UTF_8),
        "a+b".getBytes(UTF_8),
        "line\nbreak\r\n".getBytes(UTF_8),
        "\t\u0001\u007f".getBytes(UTF_8),
        "C:\\dir;x=[1]{2}|^`\"<>".getBytes(UTF_8),
        "...".getBytes(UTF_8),
        "-rf".getBytes(UTF_8),
        "żółć \ud83d\ude00".getBytes(UTF_8),
        "caf\u00e9".getBytes(ISO_8859_1),
        new byte[] {(byte) 0xff, (byte) 0xfe},
        new byte[] {(byte) 0xc3},
        new byte[] {(byte) 0xe2, 'A', (byte) 0x82},
        new byte[] {(byte) 0xed, (byte) 0xb2, (byte) 0x80},
        new byte[] {(byte) 0xf0, (byte) 0x9f, (byte) 0x98, (byte) 0x80, (byte) 0x80},
        "\ufffd".getBytes(UTF_8),
        "ü".repeat(127).getBytes(UTF_8),
        "\u00e9".repeat(255).getBytes(ISO_8859_1));
  }

  @ParameterizedTest
  @MethodSource("awkwardNames")
  void relative_anyName_comesBackByteForByte(byte[] name) {
    Path path = PathBytes.resolve(BASE, name);

    assertThat(path.getParent()).isEqualTo(BASE);
    assertThat(PathBytes.of(path)).isEqualTo(joined("/base/".getBytes(UTF_8), name));
    assertThat(PathBytes.of(path.getFileName())).isEqualTo(name);
  }

  @ParameterizedTest
  @MethodSource("awkwardNames")
  void absolute_anyName_ignoresTheBase(byte[] name) {
    byte[] bytes = joined("/other dir/".getBytes(UTF_8), name);

    Path path = PathBytes.resolve(BASE, bytes);

    assertThat(path.isAbsolute()).isTrue();
    assertThat(path.getParent()).isEqualTo(Path.of("/other dir"));
    assertThat(PathBytes.of(path)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @MethodSource("awkwardNames")
  void text_anyName_keepsEveryByte(byte[] name) {
    assertThat(PathBytes.fromText(PathBytes.toText(name))).isEqualTo(name);
    assertThat(PathBytes.toText(PathBytes.resolve(BASE, name)))
        .isEqualTo("/base/" + PathBytes.toText(name));
  }

  @ParameterizedTest
  @MethodSource("awkwardNames")
  void uri_anyName_leadsBackToTheSamePath(byte[] name) {
    Path path = PathBytes.resolve(BASE, name);

    assertThat(Path.of(PathBytes.toUri(path))).isEqualTo(path);
    assertThat(PathBytes.toUri(path).toString()).matches("file:///base/[A-Za-z0-9._~%-]+");
  }

  /** The state directory holds such URIs: a later version must write the same. */
  @Test
  void uri_encodesAllButWhatIsUnreserved() {
    byte[] path = "/a b/*+~%2A-._/é\n".getBytes(UTF_8);
    assertThat(PathBytes.toUri(PathBytes.resolve(Path.of("/"), path)))
        .hasToString("file:///a%20b/%2A%2B~%252A-._/%C3%A9%0A");
  }

  @Test
  void randomNames_keepEveryByteOnEveryWay() {
    Random random = seeded();
    for (int i = 0; i < 3_000; i++) {
      byte[] name = randomName(random, 1 + random.nextInt(i % 50 == 0 ? 255 : 12));
      Path path = PathBytes.resolve(BASE, name);

      assertThat(PathBytes.of(path.getFileName())).isEqualTo(name);
      assertThat(PathBytes.of(path)).isEqualTo(joined("/base/".getBytes(UTF_8), name));
      assertThat(PathBytes.of(PathBytes.resolve(Path.of("below"), name)))
          .isEqualTo(joined("below/".getBytes(UTF_8), name));
      assertThat(PathBytes.fromText(PathBytes.toText(name))).isEqualTo(name);
      assertThat(PathBytes.isUtf8(name))
          .isEqualTo(PathBytes.toText(name).equals(new String(name, UTF_8)));
    }
  }

  @Test
  void files_withRandomNames_areFoundUnderTheSameBytes(@TempDir Path folder) throws IOException {
    Random random = seeded();
    Set<String> made = new TreeSet<>();
    for (byte[] name : awkwardNames()) {
      Files.write(PathBytes.resolve(folder, name), name);
      made.add(HexFormat.of().formatHex(name));
    }
    for (int i = 0; i < 200; i++) {
      byte[] name = randomName(random, 1 + random.nextInt(40));
      Files.write(PathBytes.resolve(folder, name), name);
      made.add(HexFormat.of().formatHex(name));
    }

    Set<String> found = new TreeSet<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
      for (Path child : children) {
        byte[] name = PathBytes.of(child.getFileName());
        found.add(HexFormat.of().formatHex(name));
        assertThat(Files.readAllBytes(child)).isEqualTo(name);
        assertThat(PathBytes.resolve(folder, name)).isEqualTo(child);
        assertThat(PathBytes.resolve(Path.of("/"), PathBytes.of(child))).isEqualTo(child);
      }
    }
    assertThat(found).isEqualTo(made);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../up", "a/../b", "./a", "a/..", "..", "."})
  void dots_ofARelativePath_areKept(String text) {
    assertThat(PathBytes.resolve(BASE, text.getBytes(UTF_8)).toString()).isEqualTo("/base/" + text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/../up", "/a/../b", "/./a", "/a/..", "/..", "/."})
  void dots_ofAnAbsolutePath_areKept(String text) {
    assertThat(PathBytes.resolve(BASE, text.getBytes(UTF_8)).toString()).isEqualTo(text);
  }

  @Test
  void dots_besideRawBytes_areKept() {
    byte[] bytes = {'/', (byte) 0xff, '/', '.', '.', '/', (byte) 0xfe};

    assertThat(PathBytes.of(PathBytes.resolve(BASE, bytes))).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "a//b", "a/b/", "a///b//"})
  void slashes_inExcess_makeNoDifference(String text) {
    assertThat(PathBytes.resolve(BASE, text.getBytes(UTF_8))).isEqualTo(Path.of("/base/a/b"));
    assertThat(PathBytes.resolve(BASE, ("//" + text).getBytes(UTF_8))).isEqualTo(Path.of("/a/b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0", "a\0b", "é\0", "a/é/\0/b", "/\0é"})
  void nul_isRefusedInTheSameWay_whateverIsBesideIt(String text) {
    assertThatThrownBy(() -> PathBytes.resolve(BASE, text.getBytes(UTF_8)))
        .isInstanceOf(InvalidPathException.class);
  }

  @Test
  void resolve_ofNothing_isTheBase() {
    assertThat(PathBytes.resolve(BASE, new byte[0])).isEqualTo(BASE);
    assertThat(PathBytes.resolve(BASE, new byte[] {'/'})).isEqualTo(Path.of("/"));
    assertThat(PathBytes.of(Path.of(""))).isEmpty();
    assertThat(PathBytes.of(Path.of("/"))).isEqualTo(new byte[] {'/'});
  }

  @Test
  void toText_ofBytesThatAreNotUtf8_usesLoneSurrogates() {
    byte[] bytes = {'a', (byte) 0x80, (byte) 0xff, (byte) 0xc3, (byte) 0xa9};

    assertThat(PathBytes.toText(bytes)).isEqualTo("a\udc80\udcff\u00e9");
  }

  @Test
  void survivesString_onlyForWhatTheLocaleCanDecode() {
    assertThat(PathBytes.survivesString(Path.of("/a b%20"))).isTrue();
    byte[] latin = {'a', (byte) 0xe9};
    assertThat(PathBytes.survivesString(PathBytes.resolve(BASE, latin)))
        .isEqualTo(!System.getProperty("sun.jnu.encoding").matches("UTF-8|ANSI.*|US-ASCII"));
    byte[] utf8 = "\u00e9\ud83d\ude00".getBytes(UTF_8);
    Path path = PathBytes.resolve(BASE, utf8);
    assertThat(PathBytes.survivesString(path))
        .isEqualTo(System.getProperty("sun.jnu.encoding").equals("UTF-8"));
  }

  @Test
  void survivesString_meansThatTheStringReachesTheFile(@TempDir Path folder) throws IOException {
    for (byte[] name : awkwardNames()) {
      Path file = Files.createFile(PathBytes.resolve(folder, name));
      if (PathBytes.survivesString(file)) {
        assertThat(file.toFile().exists()).as(HexFormat.of().formatHex(name)).isTrue();
      }
    }
  }

  @Test
  void otherFileSystems_takeNamesAsUtf8() throws IOException {
    try (FileSystem memory = Jimfs.newFileSystem(Configuration.unix())) {
      Path base = memory.getPath("/base");
      byte[] name = "d/ä?%20".getBytes(UTF_8);

      Path path = PathBytes.resolve(base, name);

      assertThat(path).isEqualTo(base.resolve("d").resolve("ä?%20"));
      assertThat(PathBytes.of(path)).isEqualTo(joined("/base/".getBytes(UTF_8), name));
      assertThat(PathBytes.resolve(base, "/x".getBytes(UTF_8))).isEqualTo(memory.getPath("/x"));
      assertThat(PathBytes.toText(path)).isEqualTo("/base/d/ä?%20");
    }
  }

  private static Random seeded() {
    long seed = System.nanoTime() & 0xffffff;
    System.out.println("PathBytesTest: seed " + seed);
    return new Random(seed);
  }

  /** Neither NUL nor slash, and neither {@code .} nor {@code ..}; often nearly UTF-8. */
  private static byte[] randomName(Random random, int length) {
    byte[] name = new byte[length];
    if (random.nextBoolean()) {
      byte[] utf8 = "aä€\ud83d\ude00%\u00ff".repeat(length).getBytes(UTF_8);
      int start = random.nextInt(utf8.length - length + 1);
      System.arraycopy(utf8, start, name, 0, length);
    } else {
      random.nextBytes(name);
    }
    for (int i = 0; i < length; i++) {
      if (name[i] == 0 || name[i] == '/' || (i < 2 && name[i] == '.')) {
        name[i] = '_';
      }
    }
    return name;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(first);
    both.writeBytes(second);
    return both.toByteArray();
  }
}
