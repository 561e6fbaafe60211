package dev.mtb.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.job.BackupJob;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.InvalidJobException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Jobs and options are values: they are equal if their parts are equal, their text shows the parts,
 * and a change makes a new value.
 */
class OptionsTest {
  private static BackupOptions.Builder changed() {
    return BackupOptions.builder()
        .threads(3)
        .checkers(4)
        .comparison(c -> c.withMode(CompareMode.CHECKSUM).withModifyWindow(Duration.ofSeconds(2)))
        .attributes(KeptAttributes.ALL.withoutOwner())
        .connection(c -> c.withEndpoint(URI.create("https://s3.example.com")).withRegion("here"))
        .checks(c -> c.withFsync(true).withVerifyAfter(true).withReadData(true))
        .waiting(w -> w.withRetries(7).withLockWait(Duration.ofHours(1)))
        .filters(Filters.builder().exclude("*.o").excludeIfPresent("no").maxSize(9).build())
        .deletion(Deletion.ALL)
        .oldVersions(new OldVersions(Optional.of(Path.of("old")), "~"))
        .uploads(u -> u.withKeep(Duration.ofDays(1)).withWholeFile(true))
        .updateRules(UpdateRules.NONE.withUpdate(true))
        .limits(Limits.NONE.withBandwidth(Bandwidth.parse("2M")).withMaxTransfer(5))
        .shard(Shard.builder(2, 3).known(Path.of("a"), 10).build())
        .dryRun(true)
        .manifest(Path.of("sums"))
        .stateDirectory(Path.of("state"));
  }

  private static BackupJob.Builder backup() {
    return BackupJob.builder()
        .base(Path.of("/base"))
        .source(Path.of("a"))
        .filesFrom(Path.of("list"))
        .destination(new S3Location("bucket", "prefix"))
        .options(changed().build());
  }

  private static RestoreJob.Builder restore() {
    return RestoreJob.builder()
        .from(Path.of("/backup"))
        .path(Path.of("a"))
        .to(Path.of("/target"))
        .overwrite(true)
        .options(changed().build());
  }

  @Test
  void values_areEqualIfTheirPartsAre() {
    assertThat(changed().build()).isEqualTo(changed().build()).hasSameHashCodeAs(changed().build());
    assertThat(changed().build()).isNotEqualTo(BackupOptions.DEFAULT);
    assertThat(changed().threads(5).build()).isNotEqualTo(changed().build());
    assertThat(backup().build()).isEqualTo(backup().build()).hasSameHashCodeAs(backup().build());
    assertThat(backup().source(Path.of("b")).build()).isNotEqualTo(backup().build());
    assertThat(restore().build()).isEqualTo(restore().build());
    assertThat(restore().overwrite(false).build()).isNotEqualTo(restore().build());
    assertThat(Bandwidth.parse("1M")).isNotEqualTo(Bandwidth.parse("2M"));
    assertThat(Shard.of(1, 2)).isNotEqualTo(Shard.of(2, 2));
  }

  @Test
  void toBuilder_keepsAllThatIsNotSetAgain() {
    assertThat(changed().build().toBuilder().build()).isEqualTo(changed().build());
    assertThat(changed().build().toBuilder().dryRun(false).build())
        .isEqualTo(changed().dryRun(false).build());
    assertThat(backup().build().toBuilder().build()).isEqualTo(backup().build());
    BackupJob toFolder = backup().build().toBuilder().destination(Path.of("/d")).build();
    assertThat(toFolder.bucket()).isEmpty();
    assertThat(toFolder.lists()).isEqualTo(backup().build().lists());
    assertThat(restore().build().toBuilder().build()).isEqualTo(restore().build());
  }

  @Test
  void values_showTheirParts() {
    assertThat(changed().build().toString())
        .contains("threads=3", "CHECKSUM", "- *.o", "s3.example.com", "2/3", "retries=7");
    assertThat(backup().build().toString()).contains("/base", "s3://bucket/prefix", "list");
    assertThat(restore().build().toString()).contains("/backup", "/target", "overwrite=true");
  }

  @Test
  void jobs_areChecked_howeverTheyAreMade() {
    BackupJob job = backup().build();
    assertThatThrownBy(
            () ->
                new BackupJob(
                    job.base(),
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    job.destination(),
                    job.options()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("nothing to back up");
  }
}
