package dev.mtb.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** Java's properties and the files of AWS; the environment of a process cannot be changed. */
class AwsSettingsTest {
  private final Map<String, String> before = new HashMap<>();
  @TempDir Path temp;

  /** Nothing of the machine that runs the tests counts. */
  @BeforeEach
  void isolate() {
    set("aws.accessKeyId", null);
    set("aws.secretAccessKey", null);
    set("aws.sessionToken", null);
    set("aws.region", null);
    set("aws.profile", null);
    set("aws.sharedCredentialsFile", temp.resolve("credentials").toString());
    set("aws.configFile", temp.resolve("config").toString());
    set("aws.disableEc2Metadata", "true");
  }

  @AfterEach
  void restore() {
    before.forEach(AwsSettingsTest::change);
  }

  private void set(String name, String value) {
    before.putIfAbsent(name, System.getProperty(name));
    change(name, value);
  }

  private static void change(String name, String value) {
    if (value == null) {
      System.clearProperty(name);
    } else {
      System.setProperty(name, value);
    }
  }

  private static Credentials credentials() throws IOException {
    try (CredentialsSource source = AwsSettings.credentials()) {
      return source.get();
    }
  }

  @Test
  void properties_areCredentials() throws IOException {
    set("aws.accessKeyId", " key ");
    set("aws.secretAccessKey", "secret\n");
    assertThat(credentials()).isEqualTo(Credentials.of("key", "secret"));

    set("aws.sessionToken", "token");
    assertThat(credentials()).isEqualTo(new Credentials("key", "secret", Optional.of("token")));
  }

  @Test
  @DisabledIfEnvironmentVariable(named = "AWS_ACCESS_KEY_ID", matches = ".+")
  void fileOfAws_isReadIfThePropertiesAreNotComplete() throws IOException {
    Files.writeString(
        temp.resolve("credentials"),
        """
        [default]
        aws_access_key_id = fromFile
        aws_secret_access_key = secret
        [temporary]
        aws_access_key_id = temporary
        aws_secret_access_key = secret
        aws_session_token = token
        """);
    set("aws.accessKeyId", "key");
    set("aws.secretAccessKey", " ");

    assertThat(credentials()).isEqualTo(Credentials.of("fromFile", "secret"));

    set("aws.profile", "temporary");
    assertThat(credentials())
        .isEqualTo(new Credentials("temporary", "secret", Optional.of("token")));
  }

  @Test
  @DisabledIfEnvironmentVariable(named = "AWS_ACCESS_KEY_ID", matches = ".+")
  void noCredentials_areAFailureOfTheirOwn() {
    assertThatThrownBy(AwsSettingsTest::credentials).isInstanceOf(CredentialsException.class);
  }

  /** A request without credentials is not sent, and there is nothing to wait for. */
  @Test
  @DisabledIfEnvironmentVariable(named = "AWS_ACCESS_KEY_ID", matches = ".+")
  void requestWithoutCredentials_isNotSent() throws IOException {
    try (ScriptedServer server = ScriptedServer.start()) {
      S3Settings with = server.settings(/* retries= */ 3);
      S3Settings without =
          new S3Settings(
              with.bucket(),
              with.region(),
              with.endpoint(),
              AwsSettings.credentials(),
              1,
              with.retries(),
              Map.of());
      try (S3Client client = new S3Client(without)) {
        assertThatThrownBy(() -> client.head("key")).isInstanceOf(CredentialsException.class);
      }
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void region_isThatOfTheProperty() {
    set("aws.region", " eu-west-3 ");

    assertThat(AwsSettings.region()).hasValue("eu-west-3");
  }

  @Test
  @DisabledIfEnvironmentVariable(named = "AWS_REGION", matches = ".+")
  void region_isThatOfTheFile() throws IOException {
    Files.writeString(temp.resolve("config"), "[default]\nregion = eu-north-1\n");

    assertThat(AwsSettings.region()).hasValue("eu-north-1");
  }

  @Test
  @DisabledIfEnvironmentVariable(named = "AWS_REGION", matches = ".+")
  void noRegion_isNone() {
    assertThat(AwsSettings.region()).isEmpty();
  }

  @Test
  void secrets_areNotShown() {
    assertThat(new Credentials("key", "secret", Optional.of("token")))
        .hasToString("Credentials[key]");
  }
}
