package dev.mtb.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
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
  private final ChangedProperties properties = new ChangedProperties();
  @TempDir Path temp;

  /** Hides the settings of the machine that runs the tests. */
  @BeforeEach
  void isolate() {
    properties.set("aws.accessKeyId", null);
    properties.set("aws.secretAccessKey", null);
    properties.set("aws.sessionToken", null);
    properties.set("aws.region", null);
    properties.set("aws.profile", null);
    properties.set("aws.sharedCredentialsFile", temp.resolve("credentials").toString());
    properties.set("aws.configFile", temp.resolve("config").toString());
    properties.set("aws.disableEc2Metadata", "true");
  }

  @AfterEach
  void restore() {
    properties.restore();
  }

  private static Credentials credentials() throws IOException {
    try (CredentialsSource source = AwsSettings.credentials(AwsIdentity.ANY)) {
      return source.get();
    }
  }

  @Test
  void endpoint_ofTheServiceComesFirst() {
    Map<String, String> none = Map.of();
    Map<String, String> both =
        Map.of("AWS_ENDPOINT_URL", "http://all", "AWS_ENDPOINT_URL_S3", "http://s3:9000");
    assertThat(AwsSettings.endpoint(none::get, none::get)).isEmpty();
    assertThat(AwsSettings.endpoint(none::get, both::get)).contains(URI.create("http://s3:9000"));
    assertThat(AwsSettings.endpoint(Map.of("aws.endpointUrlS3", "http://p")::get, both::get))
        .contains(URI.create("http://p"));
    assertThat(AwsSettings.endpoint(none::get, Map.of("AWS_ENDPOINT_URL", " http://all ")::get))
        .contains(URI.create("http://all"));
    Map<String, String> ignored = new HashMap<>(both);
    ignored.put("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    assertThat(AwsSettings.endpoint(none::get, ignored::get)).isEmpty();
  }

  @Test
  void properties_areCredentials() throws IOException {
    properties.set("aws.accessKeyId", " key ");
    properties.set("aws.secretAccessKey", "secret\n");
    assertThat(credentials()).isEqualTo(Credentials.of("key", "secret"));

    properties.set("aws.sessionToken", "token");
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
    properties.set("aws.accessKeyId", "key");
    properties.set("aws.secretAccessKey", " ");

    assertThat(credentials()).isEqualTo(Credentials.of("fromFile", "secret"));

    properties.set("aws.profile", "temporary");
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
              AwsSettings.credentials(AwsIdentity.ANY),
              1,
              with.retries(),
              Map.of(),
              /* signsPayload= */ false,
              /* hashesParts= */ false);
      try (S3Client client = new S3Client(without)) {
        assertThatThrownBy(() -> client.head("key")).isInstanceOf(CredentialsException.class);
      }
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void region_isThatOfTheProperty() {
    properties.set("aws.region", " eu-west-3 ");

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
