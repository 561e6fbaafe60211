package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.job.BackupJob;
import dev.mtb.model.Attribute;
import dev.mtb.model.Metadata;
import dev.mtb.options.Addressing;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.place.Destinations;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.RefusedException;
import dev.mtb.store.Store;
import dev.mtb.store.StoreContract;
import dev.mtb.store.TemporaryNames;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a store in the bucket of a server, and the format that s3fs needs. */
public abstract class BucketContract extends StoreContract {
  private static int count;

  @TempDir Path temp;
  private String prefix;

  /** Looks into the bucket. */
  protected abstract S3Probe probe();

  protected abstract int port();

  protected abstract String bucket();

  /** In the form of a password file of s3fs. */
  protected abstract String credentials();

  /** Returns a path for names only, since a bucket has no java.nio file system. */
  @Override
  protected Path freshDirectory() {
    prefix = "run" + count++ + "/";
    return temp;
  }

  @Override
  protected Store open(Path directory) throws IOException {
    Path passwd = temp.resolve("passwd");
    Secrets.write(passwd, credentials());
    return Destinations.open(
        BackupJob.builder()
            .source(Path.of("."))
            .destination(new S3Location(bucket(), prefix))
            .options(
                BackupOptions.builder()
                    .connection(
                        c ->
                            c.withEndpoint(URI.create("http://127.0.0.1:" + port()))
                                .withAddressing(Addressing.PATH)
                                .withPasswdFile(passwd))
                    .build())
            .build(),
        /* readOnly= */ false);
  }

  @Override
  protected List<String> names() {
    return probe().keys(prefix).stream()
        .map(key -> key.substring(prefix.length()))
        .filter(key -> !key.isEmpty())
        .map(key -> key.contains("/") ? key.substring(0, key.indexOf('/')) : key)
        .distinct()
        .toList();
  }

  /** The server dates objects. A destination is listed when it is opened, so it is opened again. */
  @Override
  protected void plant(String name, Instant mtime) throws IOException {
    probe().put(prefix + name, "content", Map.of());
    destination.close();
    destination = open(root);
  }

  // Rules that a bucket does not have, since directories are objects like others.

  @Override
  @Test
  protected void write_whereTheParentIsMissing_fails() throws IOException {
    writeOneByte("none/f", file(1, 0644, Instant.EPOCH));

    assertThat(names()).containsExactly("none");
  }

  @Override
  @Test
  protected void createDirectory_whereTheParentIsMissing_fails() throws IOException {
    makeDirectory("none/d", Optional.empty());

    assertThat(names()).containsExactly("none");
  }

  @Override
  @Test
  protected void aNewFile_doesNotRemoveATreeThatAppearedMeanwhile() throws IOException {
    makeTree("x");

    try {
      writeOneByte("x", file(1, 0644, Instant.EPOCH));
    } catch (IOException e) {
      // S3Proxy keeps objects as files, and cannot keep a file and a directory of one name;
      // Amazon's S3 can.
      assertThat(names()).contains("x");
    }

    assertThat(read("x/deep/f")).hasSize(5);
  }

  @Override
  @Test
  protected void list_ofNothing_fails() {
    try {
      assertThat(destination.list(path("none")).names().orElseThrow()).isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  @Test
  protected void tidying_removesWhatAnotherMachineLeft_afterADay() throws IOException {
    String foreign = TemporaryNames.next().replaceFirst("tmp\\.[0-9a-f]{8}", "tmp.00000000");
    plant(foreign, Instant.now());

    Listing listing = destination.list(path(""));
    assertThat(listing.mayHold(path(foreign))).isFalse();
    destination.deleteStale(path(""), listing);

    // The object is not a day old, and a test cannot set its date.
    assertThat(names()).containsExactly(foreign);
  }

  // The format

  @Test
  void objects_areThoseOfS3fs() throws IOException {
    Instant mtime = Instant.parse("2021-02-03T04:05:06.000000007Z");
    writeOneByte("page.html", file(1, 04755, mtime));
    makeDirectory("d", Optional.empty());
    destination.writeLink(path("l"), path("page.html"), link("page.html", mtime), Optional.empty());

    Map<String, String> file = probe().metadata(prefix + "page.html");
    assertThat(file)
        .containsEntry("mode", Integer.toString(0104755))
        .containsEntry("mtime", "1612325106.000000007")
        .containsKeys("uid", "gid", "atime", "ctime");
    assertThat(probe().metadata(prefix + "d/")).containsEntry("mode", Integer.toString(0040755));
    assertThat(probe().contentType(prefix + "d/")).isEqualTo("application/x-directory");
    assertThat(probe().metadata(prefix + "l")).containsEntry("mode", Integer.toString(0120777));
    assertThat(destination.list(path("")).entry(path("l")).orElseThrow().size()).isEqualTo(9);
  }

  /** One such key would make every list invalid that contains it. */
  @Test
  void namesThatS3CannotHold_areRefusedBeforeAnythingIsSent() {
    String deep = "x".repeat(250);
    for (String name : List.of("a\u0001b", String.join("/", deep, deep, deep, deep, deep))) {
      Path path = path(name);
      assertThatThrownBy(() -> writeOneByte(name, file(1, 0644, Instant.EPOCH)))
          .isInstanceOf(RefusedException.class);
      assertThatThrownBy(
              () ->
                  destination.writeLink(
                      path, path("t"), link("t", Instant.EPOCH), Optional.empty()))
          .isInstanceOf(RefusedException.class);
      assertThatThrownBy(
              () ->
                  destination.createDirectory(
                      path, directory(0755, Instant.EPOCH), Optional.empty()))
          .isInstanceOf(RefusedException.class);
    }
    assertThatThrownBy(
            () ->
                destination.writeLink(
                    path("l"), path(" t"), link(" t", Instant.EPOCH), Optional.empty()))
        .isInstanceOf(RefusedException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void objectThatAnotherClientWrote_isNotGivenOurMetadata() throws IOException {
    Metadata source = file(1, 0600, Instant.EPOCH);
    writeOneByte("f", source);
    ListedEntry listed = destination.list(path("")).entry(path("f")).orElseThrow();
    assertThat(destination.look(path("f"), listed)).isPresent();
    probe().put(prefix + "f", "another", Map.of());

    assertThatThrownBy(
            () -> destination.setMetadata(path("f"), source, EnumSet.allOf(Attribute.class)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another program has written it");
    assertThatThrownBy(() -> destination.look(path("f"), listed))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another program has written it");

    assertThat(probe().content(prefix + "f")).contains("another".getBytes(StandardCharsets.UTF_8));
    assertThat(probe().metadata(prefix + "f")).doesNotContainKey("mode");
  }

  private void writeOneByte(String name, Metadata source) throws IOException {
    try (FileWrite write = destination.write(path(name), source, Optional.empty())) {
      write.write(ByteBuffer.wrap("x".getBytes(StandardCharsets.UTF_8)));
      write.commit(source);
    }
  }
}
