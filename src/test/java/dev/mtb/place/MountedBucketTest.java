package dev.mtb.place;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.s3.AwsIdentity;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.mount.S3fsProcess;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MountedBucketTest {
  @TempDir Path temp;
  private Path passwd;

  @BeforeEach
  void passwdFile() throws IOException {
    passwd = Secrets.write(temp.resolve("passwd"), "key:secret");
  }

  private MountedBucket.Finding find(String commandLine) {
    S3fsProcess process =
        S3fsProcess.parse(
                List.of(commandLine.replace("PW", "passwd_file=" + passwd).split(" ", -1)),
                Path.of("/"),
                Path.of("/mnt/s3"))
            .orElseThrow();
    return MountedBucket.find(process, Path.of("backup/home"));
  }

  @Test
  void ordinaryMount_isUnderstood() {
    BucketPlace place =
        find("s3fs data /mnt/s3 -o url=http://127.0.0.1:9000,use_path_request_style,PW,umask=077")
            .place()
            .orElseThrow();

    assertThat(place)
        .isEqualTo(
            new BucketPlace(
                new S3Location("data", "backup/home"),
                Optional.of(URI.create("http://127.0.0.1:9000")),
                Optional.of("us-east-1"),
                true,
                Optional.of(passwd),
                AwsIdentity.ANY,
                ObjectStyle.DEFAULT));
  }

  @ParameterizedTest
  @CsvSource({
    "s3fs data:/deep/er /mnt/s3 -o PW, deep/er/backup/home/",
    "s3fs data:/deep/ /mnt/s3 -o PW, deep/backup/home/",
    "s3fs data:/ /mnt/s3 -o PW, backup/home/",
    "s3fs /mnt/s3 -o bucket=data -o PW, backup/home/",
    "s3fs /mnt/s3 -o bucket=data:/deep -o PW, deep/backup/home/"
  })
  void prefix_isTheMountsAndTheDestinations(String commandLine, String prefix) {
    BucketPlace place = find(commandLine).place().orElseThrow();

    assertThat(place.location()).isEqualTo(new S3Location("data", prefix));
    assertThat(place.endpoint()).isEmpty();
    assertThat(place.pathStyle()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "storage_class=standard_ia, STANDARD_IA, , , , false",
    "use_rrs, REDUCED_REDUNDANCY, , , , false",
    "default_acl=bucket-owner-full-control, , bucket-owner-full-control, , , false",
    "use_sse, , , AES256, , false",
    "use_sse=1, , , AES256, , false",
    "use_sse=kmsid, , , aws:kms, , false",
    "use_sse=kmsid:1234-5678, , , aws:kms, 1234-5678, false",
    "requester_pays, , , , , true"
  })
  void styleOfObjects_isKept(
      String option, String storageClass, String acl, String sse, String key, boolean pays) {
    assertThat(find("s3fs data /mnt/s3 -o PW," + option).place().orElseThrow().style())
        .isEqualTo(
            new ObjectStyle(
                Optional.ofNullable(storageClass),
                Optional.ofNullable(acl),
                Optional.ofNullable(sse),
                Optional.ofNullable(key),
                Map.of(),
                Optional.empty(),
                pays));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "use_xattr",
        "use_wtf8",
        "nocopyapi",
        "nomultipart",
        "use_sse=custom:/keys",
        "no_check_certificate",
        "ahbe_conf=/etc/headers",
        "ibm_iam_auth",
        "credlib=/lib.so",
        "proxy=http://proxy",
        "public_bucket=1",
        "servicepath=/x",
        "an_option_of_tomorrow",
        "url=http://host/with/path",
        "passwd_file=/none/such",
        "passwd_file=relative"
      })
  void whateverIsNotUnderstood_isAnObstacle(String option) {
    MountedBucket.Finding finding = find("s3fs data /mnt/s3 -o PW," + option);

    assertThat(finding.place()).isEmpty();
    assertThat(finding.obstacle()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "iam_role=auto, INSTANCE,",
    "iam_role, INSTANCE,",
    "'iam_role=backup,PW', INSTANCE,",
    "ecs, CONTAINER,",
    "profile=work, PROFILE, work"
  })
  void credentialsOfTheMachine_areTaken(String options, AwsIdentity.Kind kind, String profile) {
    BucketPlace place = find("s3fs data /mnt/s3 -o " + options).place().orElseThrow();

    assertThat(place.passwdFile()).isEmpty();
    assertThat(place.identity()).isEqualTo(new AwsIdentity(kind, Optional.ofNullable(profile)));
    // A password file comes before a profile.
    BucketPlace both = find("s3fs data /mnt/s3 -o profile=work,PW").place().orElseThrow();
    assertThat(both.passwdFile()).contains(passwd);
  }

  /** The options of s3fs 1.91 to 1.97 and later, from their source. MTB knows all of them. */
  @Test
  void optionsOfLaterVersions_areKnown() {
    String plain =
        "enable_unsigned_payload,disable_noobj_cache,compat_dir,streamupload,bucket_size=1G,"
            + "max_thread_count=10,free_space_ratio=5,ipresolve=IPv4,region=eu-west-1,"
            + "enable_negative_cache,disable_negative_cache,nonempty,multireq_max=20,"
            + "parallel_count=5,update_parent_dir_stat,putheader_mp_threshold=25,hard_remove,"
            + "imdsv1only,cipher_suites=AESGCM,insecure_logging,listobjectsv2,sigv4";
    BucketPlace place = find("s3fs data /mnt/s3 -o PW," + plain).place().orElseThrow();
    assertThat(place.region()).contains("eu-west-1");

    for (String option :
        List.of(
            "proxy=http://p",
            "proxy_cred_file=/f",
            "credlib=/l.so",
            "credlib_opts=x",
            "ssl_client_cert=/c",
            "mime=/m",
            "norenameapi",
            "use_session_token",
            "load_sse_c",
            "public_bucket=1",
            "ibm_iam_auth",
            "ibm_iam_endpoint=https://i",
            "sigv2")) {
      assertThat(find("s3fs data /mnt/s3 -o PW," + option).obstacle())
          .as(option)
          .isNotEmpty()
          .doesNotContain("does not know");
    }
  }

  @Test
  void unknownFlag_isAnObstacle() {
    assertThat(find("s3fs data /mnt/s3 -o PW -x").obstacle()).contains("-x");
    assertThat(find("s3fs data /mnt/s3 -o PW -f").place()).isPresent();
  }

  @Test
  void processOfAnotherUser_isAnObstacle() {
    assertThat(MountedBucket.find(S3fsProcess.UNKNOWN, Path.of("")).obstacle())
        .contains("not visible");
  }
}
