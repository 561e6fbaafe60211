package dev.mtb.cli.setup;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.common.hash.Hashing;
import dev.mtb.model.ErrorText;
import dev.mtb.state.StateDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records of runs in the state directory, a small file for each backup: for each file of
 * options, and for each destination that was typed. What cannot be written is only logged, since a
 * backup must not fail for it.
 *
 * @param directory need not exist
 */
public record RunRecords(Path directory, Clock clock) {
  private static final Logger log = LoggerFactory.getLogger(RunRecords.class);

  /** A user reads the first ones, and finds all in the report of the run. */
  public static final int MOST_FAILURES = 10;

  private static final String SUFFIX = ".properties";
  private static final String FAILURE = "failure.";
  private static final String EARLIER = "earlier.";

  /** Those of a state directory. */
  public static RunRecords in(Path stateDirectory) {
    return new RunRecords(stateDirectory.resolve("runs"), Clock.systemUTC());
  }

  /**
   * Remembers that a run has begun. If another process runs the same backup, and this run would not
   * wait for its end, the record goes on to tell of the other one.
   *
   * @param waits whether the run waits for another that writes to the destination
   * @return empty if that cannot be remembered
   */
  public Optional<RunRecord> begin(String destination, String optionsFile, boolean waits) {
    Optional<RunRecord> older = find(destination, optionsFile);
    RunRecord record = RunRecord.begun(destination, optionsFile, now(), older);
    boolean isKept = !waits && older.filter(RunRecord::isRunningElsewhere).isPresent();
    return isKept || write(record) ? Optional.of(record) : Optional.empty();
  }

  /** Remembers how it has ended. Another run may have begun or ended meanwhile. */
  public void end(RunRecord begun, int exitCode, String summary, List<String> failures) {
    RunRecord ended =
        begun.ended(
            now(),
            exitCode,
            summary,
            failures.stream().limit(MOST_FAILURES).collect(ImmutableList.toImmutableList()));
    write(find(begun.destination(), begun.optionsFile()).map(ended::after).orElse(ended));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  /** The record of a backup, if there is one that can be read. */
  public Optional<RunRecord> find(String destination, String optionsFile) {
    return read(file(destination, optionsFile));
  }

  /** All that can be read, sorted by destination. */
  public List<RunRecord> all() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(SUFFIX))
          .flatMap(file -> read(file).stream())
          .sorted(Comparator.comparing(RunRecord::destination))
          .toList();
    }
  }

  private Path file(String destination, String optionsFile) {
    String key = optionsFile.isEmpty() ? destination : "@" + optionsFile;
    String name = Hashing.sha256().hashString(key, StandardCharsets.UTF_16LE).toString();
    return directory.resolve(name.substring(0, 16) + SUFFIX);
  }

  private boolean write(RunRecord record) {
    Properties values = new Properties();
    values.setProperty("destination", record.destination());
    values.setProperty("optionsFile", record.optionsFile());
    values.setProperty("began", record.began().toString());
    values.setProperty("process", record.process());
    record.ended().ifPresent(at -> values.setProperty("ended", at.toString()));
    record.exitCode().ifPresent(code -> values.setProperty("exitCode", Integer.toString(code)));
    values.setProperty("summary", record.summary());
    record.lastSuccess().ifPresent(at -> values.setProperty("lastSuccess", at.toString()));
    for (int i = 0; i < record.failures().size(); i++) {
      values.setProperty(FAILURE + i, record.failures().get(i));
    }
    for (int i = 0; i < record.earlier().size(); i++) {
      RunRecord.Earlier run = record.earlier().get(i);
      values.setProperty(EARLIER + i, inWords(run.began(), run.exitCode(), run.summary()));
    }
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      values.store(bytes, null);
      StateDirectory.make(directory.getParent());
      StateDirectory.makeIn(directory.getParent(), directory.getFileName().toString());
      StateDirectory.replace(file(record.destination(), record.optionsFile()), bytes.toByteArray());
      return true;
    } catch (IOException e) {
      log.warn("what became of this run is not remembered for mtb status: {}", ErrorText.of(e));
      return false;
    }
  }

  private static String inWords(Instant began, OptionalInt exitCode, String summary) {
    return began + " " + (exitCode.isPresent() ? exitCode.getAsInt() : "-") + " " + summary;
  }

  private static RunRecord.Earlier earlier(String words) {
    List<String> parts = Splitter.on(' ').limit(3).splitToList(words);
    return new RunRecord.Earlier(
        Instant.parse(parts.get(0)), exitCode(parts.get(1)), Iterables.get(parts, 2, ""));
  }

  private static OptionalInt exitCode(String text) {
    return text.equals("-") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
  }

  private static Optional<RunRecord> read(Path file) {
    Properties values = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      values.load(in);
      List<String> failures = new ArrayList<>();
      for (int i = 0; values.containsKey(FAILURE + i); i++) {
        failures.add(values.getProperty(FAILURE + i));
      }
      ImmutableList.Builder<RunRecord.Earlier> earlier = ImmutableList.builder();
      for (int i = 0; values.containsKey(EARLIER + i); i++) {
        earlier.add(earlier(values.getProperty(EARLIER + i)));
      }
      return Optional.of(
          new RunRecord(
              values.getProperty("destination", ""),
              values.getProperty("optionsFile", ""),
              Instant.parse(values.getProperty("began", "")),
              values.getProperty("process", ""),
              Optional.ofNullable(values.getProperty("ended")).map(Instant::parse),
              exitCode(values.getProperty("exitCode", "-")),
              values.getProperty("summary", ""),
              ImmutableList.copyOf(failures),
              Optional.ofNullable(values.getProperty("lastSuccess")).map(Instant::parse),
              earlier.build()));
    } catch (IOException
        | IndexOutOfBoundsException
        | IllegalArgumentException
        | DateTimeException e) {
      // Not there, or of another version: as if no run were known.
      return Optional.empty();
    }
  }
}
