package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Splitter;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.Shard;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class ShardOptionsTest {
  @TempDir Path temp;

  @Command
  private static final class Options {
    @Mixin private final ShardOptions shard;

    Options(Map<String, String> environment) {
      shard = new ShardOptions(environment);
    }
  }

  private static Shard shard(Map<String, String> environment, String... args) {
    Options options = new Options(environment);
    CommandLine unused = new CommandLine(options);
    unused.parseArgs(args);
    return options.shard.shard(false, Path.of("/home/me"));
  }

  /** Names are shortened in the tables below. */
  private static Map<String, String> environment(String text) {
    Map<String, String> environment = new HashMap<>();
    for (String pair : Splitter.on(' ').omitEmptyStrings().split(text)) {
      List<String> parts = Splitter.on('=').splitToList(pair);
      String name =
          parts
              .get(0)
              .replaceFirst("^S_", "SLURM_ARRAY_TASK_")
              .replaceFirst("^K_INDEX", "JOB_COMPLETION_INDEX")
              .replaceFirst("^A_", "AWS_BATCH_JOB_ARRAY_");
      environment.put(name, parts.get(1));
    }
    return environment;
  }

  @ParameterizedTest
  @CsvSource({
    "2/4, '', 2/4",
    "1/1, '', 1/1",
    // sbatch --array=1-8, 0-7, 10-40:10, 1,3,5,7
    "slurm, S_ID=3 S_COUNT=8 S_MIN=1 S_MAX=8 S_STEP=1, 3/8",
    "slurm, S_ID=0 S_COUNT=8 S_MIN=0 S_MAX=7 S_STEP=1, 1/8",
    "slurm, S_ID=40 S_COUNT=4 S_MIN=10 S_MAX=40 S_STEP=10, 4/4",
    "slurm/4, S_ID=5 S_COUNT=4 S_MIN=1 S_MAX=7 S_STEP=2, 3/4",
    "kubernetes/5, K_INDEX=0, 1/5",
    "kubernetes, K_INDEX=4 MTB_SHARD_COUNT=5, 5/5",
    "kubernetes/5, K_INDEX=4 MTB_SHARD_COUNT=5, 5/5",
    "aws-batch, A_INDEX=0 A_SIZE=10, 1/10",
    "aws-batch, A_INDEX=9 A_SIZE=10, 10/10",
    "auto, A_INDEX=9 A_SIZE=10, 10/10",
    "auto/5, K_INDEX=1, 2/5",
    "auto, S_ID=3 S_COUNT=8 S_MIN=1 S_MAX=8, 3/8",
    "slurm, S_ID=3 S_COUNT=8 S_MIN=1 S_MAX=8 A_INDEX=1 A_SIZE=2, 3/8",
  })
  void part_isWhatTheSchedulerSays(String option, String variables, String expected) {
    assertThat(shard(environment(variables), "--shard", option).toString()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0/4, '', counted from 1",
    "5/4, '', no shard 5 of 4",
    "2/0, '', number of shards",
    "2, '', neither I/N",
    "a/b/c, '', neither I/N",
    "2/4/8, '', neither I/N",
    "-1/4, '', neither I/N",
    "999999999999/4, '', neither I/N",
    "sge, '', neither I/N",
    "slurm, '', SLURM_ARRAY_TASK_ID is not set",
    "slurm, S_ID=3, SLURM_ARRAY_TASK_COUNT is not set",
    "slurm, S_ID=3 S_COUNT=8 S_MAX=8, SLURM_ARRAY_TASK_MIN is not set",
    "slurm, S_ID=3 S_COUNT=8 S_MIN=1, SLURM_ARRAY_TASK_MAX is not set",
    "slurm, S_ID=x S_COUNT=8 S_MIN=1 S_MAX=8, is 'x'",
    "slurm, S_ID=-3 S_COUNT=8 S_MIN=1 S_MAX=8, is '-3'",
    "slurm, S_ID=9 S_COUNT=8 S_MIN=1 S_MAX=8, not evenly spaced",
    "slurm, S_ID=0 S_COUNT=8 S_MIN=1 S_MAX=8, not evenly spaced",
    // sbatch --array=1,2,5
    "slurm, S_ID=2 S_COUNT=3 S_MIN=1 S_MAX=5, not evenly spaced",
    "slurm, S_ID=2 S_COUNT=0 S_MIN=1 S_MAX=5, not evenly spaced",
    "slurm, S_ID=2 S_COUNT=3 S_MIN=2 S_MAX=2, not evenly spaced",
    "slurm/4, S_ID=3 S_COUNT=8 S_MIN=1 S_MAX=8, contradicts SLURM_ARRAY_TASK_COUNT=8",
    // sbatch --array=3, to run the one again that failed
    "slurm, S_ID=3 S_COUNT=1 S_MIN=3 S_MAX=3, one task would back up everything",
    "slurm/4, S_ID=3 S_COUNT=1 S_MIN=3 S_MAX=3, give --shard I/4",
    "kubernetes, K_INDEX=1, Kubernetes does not tell",
    "kubernetes/4, '', JOB_COMPLETION_INDEX is not set",
    "kubernetes/4, K_INDEX=4, do not agree",
    "kubernetes/4, K_INDEX=1 MTB_SHARD_COUNT=5, contradicts MTB_SHARD_COUNT=5",
    "kubernetes, K_INDEX=1 MTB_SHARD_COUNT=many, is 'many'",
    "kubernetes/1, K_INDEX=0, one task",
    "kubernetes/0, K_INDEX=0, does not tell",
    "aws-batch, A_SIZE=10, AWS_BATCH_JOB_ARRAY_INDEX is not set",
    "aws-batch, A_INDEX=1, AWS_BATCH_JOB_ARRAY_SIZE is not set",
    "aws-batch, A_INDEX=10 A_SIZE=10, do not agree",
    "aws-batch, A_INDEX=99999999999 A_SIZE=10, no number",
    "auto, '', finds no task of an array",
    "auto, K_INDEX=1 A_INDEX=1 A_SIZE=10, more than one scheduler",
    "auto, K_INDEX=1, Kubernetes does not tell",
  })
  void doubtWhichPartIsMeant_isAnError_neverAWholeBackup(
      String option, String variables, String message) {
    assertThatThrownBy(() -> shard(environment(variables), "--shard", option))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(message);
  }

  @Test
  void withoutTheOption_theEnvironmentDoesNotMatter() {
    assertThat(shard(environment("A_INDEX=1 A_SIZE=10")).isWhole()).isTrue();
  }

  @Test
  void sizes_areReadAsDuAndFindWriteThem() throws Exception {
    Path file =
        Files.writeString(
            temp.resolve("sizes"),
            "5000000000\t./a/huge\n4000000000 b/c d\n3\t.\n\n7 /home/me/e\n8 /srv/f\n");
    List<Shard> shards = new ArrayList<>();
    for (String part : List.of("1/2", "2/2")) {
      shards.add(shard(Map.of(), "--shard", part, "--shard-sizes", file.toString()));
    }
    Shard.Builder expected = Shard.builder(1, 2);
    expected.known(Path.of("a/huge"), 5_000_000_000L).known(Path.of("b/c d"), 4_000_000_000L);
    expected.known(Path.of(""), 3).known(Path.of("e"), 7).known(Path.of("srv/f"), 8);
    assertThat(shards.get(0).division()).isEqualTo(expected.build().division());
    assertThat(shards.get(1).ownsFile(Path.of("a/huge")))
        .isNotEqualTo(shards.get(1).ownsFile(Path.of("b/c d")));
  }

  @ParameterizedTest
  @CsvSource({"name without a size", "-5 a", "5", "1.5G a", "99999999999999999999 a"})
  void sizesThatAreNone_areAnError(String line) throws Exception {
    Path file = Files.writeString(temp.resolve("sizes"), "5 a\n" + line + "\n");
    assertThatThrownBy(() -> shard(Map.of(), "--shard", "1/2", "--shard-sizes", file.toString()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(line)
        .hasMessageContaining(file.toString());
  }

  @Test
  void sizesThatCannotBeRead_orWithoutShards_areAnError() {
    String missing = temp.resolve("missing").toString();
    assertThatThrownBy(() -> shard(Map.of(), "--shard", "1/2", "--shard-sizes", missing))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(missing);
    assertThatThrownBy(() -> shard(Map.of(), "--shard-sizes", missing))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("only with --shard");
  }
}
