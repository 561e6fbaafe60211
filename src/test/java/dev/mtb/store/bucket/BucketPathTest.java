package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.options.S3Location;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Seed;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths of a bucket behave as those of the JDK. */
class BucketPathTest {
  private static final List<String> NAMES = List.of("a", "b", "ab", ".", "..", "\u00fc", "x y");

  @TempDir Path temp;
  private BucketFiles files;

  @BeforeEach
  void connect() throws Exception {
    Path passwd = Secrets.write(temp.resolve("passwd"), "key:secret");
    Files.setPosixFilePermissions(
        passwd, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    files =
        BucketFiles.connect(
            new BucketPlace(
                new S3Location("bucket", "prefix"),
                Optional.of(URI.create("http://127.0.0.1:1")),
                Optional.empty(),
                true,
                Optional.of(passwd),
                ObjectStyle.DEFAULT),
            1,
            0);
  }

  @AfterEach
  void close() {
    files.close();
  }

  private static String anyPath(Random random) {
    List<String> names = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      names.add(NAMES.get(random.nextInt(NAMES.size())));
    }
    return (random.nextBoolean() ? "/" : "") + String.join("/", names);
  }

  private static String outcome(Function<Path, Object> operation, Path path) {
    try {
      return String.valueOf(operation.apply(path));
    } catch (IllegalArgumentException e) {
      return "refused";
    }
  }

  @Test
  void everyOperation_doesWhatTheJdkDoes() {
    long seed = Seed.of("paths of a bucket");
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      String one = anyPath(random);
      String two = anyPath(random);
      Path jdk = Path.of(one);
      Path ours = files.getPath(one);
      Path jdkOther = Path.of(two);
      Path oursOther = files.getPath(two);
      String what = "seed " + seed + ": '" + one + "', '" + two + "'";
      for (Function<Path, Object> operation :
          List.<Function<Path, Object>>of(
              Path::toString,
              Path::isAbsolute,
              Path::getRoot,
              Path::getFileName,
              Path::getParent,
              Path::getNameCount,
              Path::normalize,
              p -> p.getName(0),
              p -> p.subpath(0, p.getNameCount()),
              p -> p.resolve("x"),
              p -> p.resolveSibling("x"),
              p -> String.join("|", names(p)))) {
        assertThat(outcome(operation, ours)).as(what).isEqualTo(outcome(operation, jdk));
      }
      assertThat(outcome(p -> p.resolve(oursOther), ours))
          .as(what)
          .isEqualTo(outcome(p -> p.resolve(jdkOther), jdk));
      assertThat(ours.startsWith(oursOther)).as(what).isEqualTo(jdk.startsWith(jdkOther));
      assertThat(ours.endsWith(oursOther)).as(what).isEqualTo(jdk.endsWith(jdkOther));
      assertThat(ours.equals(oursOther)).as(what).isEqualTo(jdk.equals(jdkOther));
      assertThat(Integer.signum(ours.compareTo(oursOther)))
          .as(what)
          .isEqualTo(Integer.signum(jdk.compareTo(jdkOther)));
      Path normal = jdk.normalize();
      Path normalOther = jdkOther.normalize();
      // Whether one can get out of where nobody knows is answered in different ways.
      if (!normal.startsWith("..") && !normalOther.startsWith("..")) {
        assertThat(outcome(p -> p.relativize(oursOther.normalize()), ours.normalize()))
            .as(what)
            .isEqualTo(outcome(p -> p.relativize(normalOther), normal));
      }
      assertThat(ours.hashCode() == files.getPath(one).hashCode()).isTrue();
    }
  }

  private static List<String> names(Path path) {
    List<String> names = new ArrayList<>();
    path.forEach(name -> names.add(name.toString()));
    return names;
  }

  @Test
  void pathThatNoFileCanHave_isNotThere() {
    for (String path : List.of("/..", "/a/../b", "/a/.", "/nul\0")) {
      assertThat(Files.exists(files.getPath(path))).as(path).isFalse();
    }
  }
}
