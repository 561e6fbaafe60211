package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.Exposition;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page and the metrics that {@code mtb.jar} writes under cron and after a signal. */
class ReportsIT {
  @TempDir Path temp;

  @Test
  void interruptedRun_writesThemToo() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    RandomTree.smallFiles(source, 10, 30, 1000);
    Path page = temp.resolve("page.html");
    Path metrics = temp.resolve("nightly.prom");
    try (S3Server s3 = S3Server.start("bucket");
        CountingProxy proxy = CountingProxy.start(s3.port())) {
      proxy.setRoundTrip(Duration.ofMillis(30));
      MtbProcess mtb =
          MtbProcess.start(
              temp,
              Map.of("AWS_ACCESS_KEY_ID", s3.identity(), "AWS_SECRET_ACCESS_KEY", s3.credential()),
              List.of(),
              "backup",
              "-i",
              "-t",
              "2",
              "-b",
              source.toString(),
              "--endpoint-url",
              "http://127.0.0.1:" + proxy.port(),
              "--region",
              "us-east-1",
              "--report-html",
              page.toString(),
              "--metrics-file",
              metrics.toString(),
              ".",
              "s3://bucket/backup");
      while (mtb.isAlive() && mtb.out().lines().count() < 30) {
        Thread.sleep(20);
      }
      mtb.signal("TERM");
      assertThat(mtb.exitCode()).as(mtb.err()).isEqualTo(130);
    }
    Exposition read = Exposition.parse(Files.readString(metrics));
    assertThat(read.value("mtb_last_run_exit_code")).isEqualTo("130");
    assertThat(read.value("mtb_last_success_timestamp_seconds")).isEqualTo("0");
    assertThat(read.samples().get(0).labels())
        .containsEntry("destination", "s3://bucket/backup")
        .containsEntry("backup", "nightly");
    String copied = read.value("mtb_last_run_files", Map.of("outcome", "copied"));
    assertThat(Integer.parseInt(copied)).isBetween(1, 299);
    assertThat(page)
        .content()
        .contains("<h1>Backup interrupted</h1>")
        .contains("<b>" + copied + "</b><span>files copied</span>")
        .contains("Data written");
  }

  @Test
  void metrics_areReadableByTheCollector_whateverTheUmask() throws Exception {
    RandomTree.write(temp.resolve("source/f"), "content");
    Path metrics = temp.resolve("nightly.prom");
    MtbProcess run =
        MtbProcess.runBy(
            List.of("sh", "-c", "umask 077; exec \"$@\"", "sh"),
            temp,
            "backup",
            "--metrics-file",
            metrics.toString(),
            "--report",
            temp.resolve("report.json").toString(),
            temp.resolve("source").toString(),
            temp.resolve("backup").toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(permissions(metrics)).isEqualTo("rw-r--r--");
    // Files that are not for the collector follow the umask.
    assertThat(permissions(temp.resolve("report.json"))).isEqualTo("rw-------");
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
