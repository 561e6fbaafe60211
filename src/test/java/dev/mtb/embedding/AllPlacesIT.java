package dev.mtb.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.Mtb;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Location;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Connection;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Backups and restores from each kind of place to each kind, including an embedder's own store. */
@RequiresS3fs
class AllPlacesIT {
  private enum Place {
    FOLDER,
    MOUNT,
    BUCKET,
    OWN
  }

  private static S3fsFixture s3fs;
  private static int count;

  @TempDir Path temp;

  @BeforeAll
  static void mount() throws Exception {
    s3fs = S3fsFixture.start();
  }

  @AfterAll
  static void unmount() throws Exception {
    s3fs.close();
  }

  static List<Arguments> pairs() {
    List<Arguments> pairs = new ArrayList<>();
    for (Place from : Place.values()) {
      for (Place to : Place.values()) {
        pairs.add(Arguments.of(from, to));
      }
    }
    return pairs;
  }

  private BackupOptions options() throws Exception {
    Path passwd = temp.resolve("passwd");
    if (Files.notExists(passwd)) {
      Secrets.write(passwd, s3fs.server().identity() + ":" + s3fs.server().credential());
    }
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                    .withPasswdFile(passwd))
        .build();
  }

  /** The options for these places. Options of a bucket are refused if no place is a bucket. */
  private BackupOptions options(Location... places) throws Exception {
    for (Location place : places) {
      if (place instanceof Location.Bucket) {
        return options();
      }
    }
    return options().toBuilder().connection(c -> Connection.DEFAULT.withVia(Via.MOUNT)).build();
  }

  private Location place(Place kind) throws Exception {
    count++;
    return switch (kind) {
      case FOLDER -> new Location.Directory(temp.resolve("folder" + count));
      case MOUNT -> new Location.Directory(s3fs.root().resolve("mount" + count));
      case BUCKET -> new Location.Bucket(new S3Location(s3fs.server().bucket(), "p" + count));
      case OWN -> new Location.Own(new MapStore());
    };
  }

  private static BackupJob.Builder from(Location place) {
    BackupJob.Builder job = BackupJob.builder();
    if (place instanceof Location.Directory it) {
      job.base(it.path());
    } else if (place instanceof Location.Bucket it) {
      job.from(it.place());
    } else {
      job.from(((Location.Own) place).tree());
    }
    return job.source(Path.of("."));
  }

  private void backUp(Location from, Location to) throws Exception {
    BackupReport report = Mtb.backup(from(from).destination(to).options(options(from, to)).build());
    assertThat(report.failures()).isEmpty();
    // For a second the kernel may show times that s3fs does not keep.
    s3fs.freshMount();
    BackupReport again = Mtb.verify(from(from).destination(to).options(options(from, to)).build());
    assertThat(again.failures()).isEmpty();
  }

  private void restore(Location from, Location to) throws Exception {
    BackupReport report =
        Mtb.restore(RestoreJob.builder().from(from).to(to).options(options(from, to)).build());
    assertThat(report.failures()).isEmpty();
    s3fs.freshMount();
  }

  @ParameterizedTest(name = "from {0} to {1}")
  @MethodSource("pairs")
  void whatIsBackedUpAndRestored_isTheSame(Place from, Place to) throws Exception {
    Path original = Files.createDirectory(temp.resolve("original"));
    RandomTree tree =
        RandomTree.random().directories(4).files(12).sizes(0, 5000).links(3).build(original);
    tree.deleteLinksThatS3fsCannotKeep();
    // No run sets the mode of a map's root.
    Files.setPosixFilePermissions(original, PosixFilePermissions.fromString("rwxr-xr-x"));
    Location source = place(from);
    Location backup = place(to);
    Location restored = place(from);
    Path checked = temp.resolve("checked");

    backUp(new Location.Directory(original), source);
    backUp(source, backup);
    restore(backup, restored);
    restore(restored, new Location.Directory(checked));

    assertThat(Rsync.differences(original, checked)).as("%s", tree).isEmpty();
  }
}
