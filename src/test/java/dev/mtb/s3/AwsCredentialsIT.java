package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.Hashing;
import dev.mtb.testing.AwsServices;
import dev.mtb.testing.MtbProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Credentials of all kinds, as the runnable jar finds them: in its own process, whose environment
 * can be set. The number of requests is not checked, since the SDK repeats a request after a
 * second.
 */
class AwsCredentialsIT {
  private static final Path JAR =
      Path.of(System.getProperty("mtb.jar", "target/mtb.jar")).toAbsolutePath();

  @TempDir Path temp;
  private final Map<String, String> environment = new HashMap<>();
  private AwsServices services;

  /** Hides the settings of the machine that runs the tests. */
  @BeforeEach
  void isolate() throws IOException {
    services = AwsServices.start();
    environment.put("HOME", temp.toString());
    environment.put("AWS_CONFIG_FILE", temp.resolve("config").toString());
    environment.put("AWS_SHARED_CREDENTIALS_FILE", temp.resolve("credentials").toString());
    environment.put("AWS_REGION", "eu-west-1");
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    environment.put("AWS_ENDPOINT_URL_STS", services.url());
    environment.put("AWS_ENDPOINT_URL_SSO", services.url());
    Files.writeString(
        temp.resolve("credentials"),
        """
        [base]
        aws_access_key_id = base
        aws_secret_access_key = secret
        """);
  }

  @AfterEach
  void stop() {
    services.close();
  }

  private void config(String text) throws IOException {
    Files.writeString(temp.resolve("config"), text);
  }

  private List<String> found(String... args) throws Exception {
    String tests =
        Path.of(PrintCredentials.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    List<String> command = new ArrayList<>(MtbProcess.java());
    command.addAll(
        List.of("-cp", JAR + File.pathSeparator + tests, PrintCredentials.class.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("AWS_"));
    builder.environment().putAll(environment);
    builder.redirectError(temp.resolve("err").toFile());
    Process process = builder.start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertThat(process.waitFor()).as(Files.readString(temp.resolve("err"))).isZero();
    return lines;
  }

  @Test
  void assumedRole_ofAnotherProfile() throws Exception {
    config(
        """
        [profile work]
        role_arn = arn:aws:iam::1:role/backup
        source_profile = base
        """);
    environment.put("AWS_PROFILE", "work");

    List<String> twice = found("2", "ANY");
    assertThat(twice).hasSize(2).allMatch(line -> line.equals(twice.get(0)));
    assertThat(twice.get(0)).matches("sts\\d+ secret token");
    assertThat(services.requests().get(0)).contains("Action=AssumeRole&", "backup");
    assertThat(found("1", "PROFILE", "work").get(0)).matches("sts\\d+ secret token");
  }

  @Test
  void assumedRole_ofTheContainer() throws Exception {
    config(
        """
        [profile work]
        role_arn = arn:aws:iam::1:role/backup
        credential_source = EcsContainer
        """);
    environment.put("AWS_PROFILE", "work");
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", services.url() + "/container");

    assertThat(found("1", "ANY").get(0)).matches("sts\\d+ secret token");

    assertThat(services.requests())
        .anyMatch(request -> request.startsWith("GET /container"))
        .anyMatch(request -> request.contains("Action=AssumeRole&"));
  }

  /** The settings of a pod in EKS. */
  @Test
  void webIdentity() throws Exception {
    Path token = Files.writeString(temp.resolve("token"), "jwt-of-the-pod");
    environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", token.toString());
    environment.put("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod");

    assertThat(found("1", "ANY").get(0)).matches("sts\\d+ secret token");

    assertThat(services.requests().get(0))
        .contains("Action=AssumeRoleWithWebIdentity", "jwt-of-the-pod");
  }

  private void ssoProfile(Instant expires) throws IOException {
    config(
        """
        [profile me]
        sso_start_url = https://example.awsapps.com/start
        sso_region = eu-west-1
        sso_account_id = 123456789012
        sso_role_name = Backup
        """);
    ssoLogin("https://example.awsapps.com/start", expires);
  }

  /**
   * Writes the file that {@code aws sso login} writes.
   *
   * @param what the URL, or the name of the session
   */
  private void ssoLogin(String what, Instant expires) throws IOException {
    Path cache = Files.createDirectories(temp.resolve(".aws/sso/cache"));
    @SuppressWarnings("deprecation") // It is how the AWS tools name these files.
    String name = Hashing.sha1().hashString(what, UTF_8).toString();
    Files.writeString(
        cache.resolve(name + ".json"),
        "{\"startUrl\":\"https://example.awsapps.com/start\",\"region\":\"eu-west-1\","
            + "\"accessToken\":\"user-token\",\"expiresAt\":\""
            + expires.truncatedTo(ChronoUnit.SECONDS)
            + "\"}");
    environment.put("AWS_PROFILE", "me");
  }

  @Test
  void sso() throws Exception {
    ssoProfile(Instant.now().plus(Duration.ofHours(1)));

    assertThat(found("1", "ANY").get(0)).matches("sso\\d+ secret token");

    assertThat(services.requests().get(0)).contains("role_name=Backup", "account_id=123456789012");
  }

  /** The newer form, in which several profiles share a login. */
  @Test
  void ssoSession() throws Exception {
    config(
        """
        [profile me]
        sso_session = corp
        sso_account_id = 123456789012
        sso_role_name = Backup
        [sso-session corp]
        sso_start_url = https://example.awsapps.com/start
        sso_region = eu-west-1
        """);
    ssoLogin("corp", Instant.now().plus(Duration.ofHours(1)));

    assertThat(found("1", "ANY").get(0)).matches("sso\\d+ secret token");
  }

  @Test
  void ssoThatHasExpired_isReported() throws Exception {
    ssoProfile(Instant.now().minus(Duration.ofHours(1)));

    String line = found("1", "ANY").get(0);

    assertThat(line).startsWith("none: the profile 'me' of ").contains("aws sso login");
  }

  @Test
  void container() throws Exception {
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", services.url() + "/container");

    assertThat(found("1", "ANY").get(0)).matches("container\\d+ secret token");
    assertThat(found("1", "CONTAINER").get(0)).matches("container\\d+ secret token");
  }

  @Test
  void instance_withTokens() throws Exception {
    environment.put("AWS_EC2_METADATA_DISABLED", "false");
    environment.put("AWS_EC2_METADATA_SERVICE_ENDPOINT", services.url());

    assertThat(found("1", "ANY").get(0)).matches("instance\\d+ secret token");
    assertThat(found("1", "INSTANCE").get(0)).matches("instance\\d+ secret token");

    assertThat(services.requests())
        .anyMatch(request -> request.startsWith("PUT /latest/api/token"));
  }

  @Test
  void credentialsThatExpireSoon_areReplaced() throws Exception {
    services.setFirstLifetime(Duration.ofSeconds(20));
    config(
        """
        [profile work]
        role_arn = arn:aws:iam::1:role/backup
        source_profile = base
        """);

    List<String> lines = found("3", "PROFILE", "work");

    assertThat(lines.get(1)).matches("sts\\d+ secret token").isNotEqualTo(lines.get(0));
    assertThat(lines.get(2)).isEqualTo(lines.get(1));
  }

  /** The role of the machine could lead to another bucket. */
  @Test
  void profileThatIsMisspelt_isNamed_andNothingElseIsTaken() throws Exception {
    config("[profile work]\nregion = eu-west-1\n");
    environment.put("AWS_PROFILE", "wrok");
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", services.url() + "/container");

    assertThat(found("1", "ANY").get(0))
        .startsWith("none: there is no profile 'wrok' in ")
        .contains(temp.resolve("credentials").toString(), temp.resolve("config").toString())
        .contains("AWS_PROFILE");

    assertThat(services.requests()).isEmpty();
    Map<String, String> variables = new HashMap<>(environment);
    MtbProcess mtb =
        MtbProcess.start(
            temp, variables, List.of(), "backup", temp.resolve("config").toString(), "s3://b/p");
    assertThat(mtb.exitCode()).isEqualTo(10);
    assertThat(mtb.err()).contains("there is no profile 'wrok' in ");
  }

  @Test
  void roleThatIsRefused_isReportedWithItsReason() throws Exception {
    config(
        """
        [profile work]
        role_arn = arn:aws:iam::1:role/backup
        source_profile = missing
        """);
    environment.put("AWS_PROFILE", "work");

    assertThat(found("1", "ANY").get(0))
        .startsWith("none: the profile 'work' of ")
        .contains("missing");
  }

  @Test
  void withoutAnyCredentials_noReasonIsInvented() throws Exception {
    Files.delete(temp.resolve("credentials"));

    assertThat(found("1", "ANY")).containsExactly("none: ");
  }
}
