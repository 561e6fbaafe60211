package dev.mtb.store.bucket;

import com.google.common.base.Splitter;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.s3.Body;
import dev.mtb.s3.S3Exception;
import dev.mtb.s3.UploadedPart;
import dev.mtb.state.RememberedPaths;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conditions of writes that a server honours. Some servers ignore them silently, and some
 * refuse all of them. So MTB asks the server to overwrite a probe object: under conditions that are
 * not met, which the server must refuse, and under one that is met. It asks before the first write
 * that needs the answer, and remembers the answer for later runs. Thread-safe.
 */
final class ServerConditions {
  private static final Logger log = LoggerFactory.getLogger(ServerConditions.class);

  /** A server may be updated or replaced; some requests a month cost nothing. */
  private static final int DAYS_REMEMBERED = 30;

  /** No content has this tag. */
  private static final Map<String, String> UNMET_MATCH =
      match("\"00000000000000000000000000000000\"");

  private static final Map<String, String> NOTHING_THERE = Map.of("if-none-match", "*");

  private static final byte[] CONTENT = {1};

  private static final int BAD_REQUEST = 400;
  private static final int NOT_IMPLEMENTED = 501;

  /** A condition, by the write that it is needed for. */
  enum Condition {
    /** {@code If-None-Match: *} of a PUT. */
    OF_NEW,
    /** {@code If-Match} of a PUT. */
    OF_CHANGED,
    /** Both, of the request that completes an upload in parts. */
    OF_PARTS
  }

  /** What a server makes of a condition. */
  enum Answer {
    /** It ignores it, or refuses it also where it is met. */
    IGNORED,
    HONOURED,
    /** As Ceph 16: a tag counts only without its quotation marks. */
    HONOURED_BARE
  }

  private final Requests requests;
  private final BucketClient client;
  private final String endpoint;
  private final RememberedPaths memory;
  private final Map<Condition, Answer> known = new ConcurrentHashMap<>();
  private boolean isMemoryRead;

  /**
   * Makes them. No request is made yet.
   *
   * @param stateDirectory where answers are remembered, for each endpoint
   */
  ServerConditions(BucketPlace place, Requests requests, Path stateDirectory) {
    this.requests = requests;
    client = requests.client();
    endpoint = place.endpoint().map(Object::toString).orElse("amazon");
    memory = new RememberedPaths(stateDirectory.resolve("s3-conditions"));
  }

  /** Whether a condition is honoured; asks the server if that is not remembered. */
  boolean isHonoured(Condition condition) {
    return answer(condition) != Answer.IGNORED;
  }

  private Answer answer(Condition condition) {
    Answer answer = known.get(condition);
    return answer == null ? ask(condition) : answer;
  }

  /**
   * The header of a condition, in the form that the server takes; empty if it honours none.
   *
   * @param tag that the object must have, as the server writes it; empty if none may be there
   */
  Map<String, String> header(Condition condition, Optional<String> tag) {
    Answer answer = answer(condition);
    if (answer == Answer.IGNORED) {
      return Map.of();
    }
    return tag.map(t -> match(answer == Answer.HONOURED_BARE ? bare(t) : t)).orElse(NOTHING_THERE);
  }

  private static Map<String, String> match(String tag) {
    return Map.of(WriteConditions.IF_MATCH, tag);
  }

  private static String bare(String tag) {
    return tag.replace("\"", "");
  }

  /** Whether a condition is honoured, if that is remembered. */
  synchronized Optional<Answer> recall(Condition condition) {
    if (!isMemoryRead) {
      isMemoryRead = true;
      try {
        memory.lines().forEach(this::read);
      } catch (IOException e) {
        log.info("{} cannot be read: {}", memory.file(), ErrorText.of(e));
      }
    }
    return Optional.ofNullable(known.get(condition));
  }

  /** A line has the endpoint, the condition, the answer and the day on which it was given. */
  private void read(String line) {
    List<String> fields = Splitter.on(' ').splitToList(line);
    try {
      if (fields.size() == 4
          && fields.get(0).equals(endpoint)
          && LocalDate.parse(fields.get(3)).plusDays(DAYS_REMEMBERED).isAfter(today())) {
        known.put(
            Condition.valueOf(fields.get(1).toUpperCase(Locale.ROOT)),
            Answer.valueOf(fields.get(2).toUpperCase(Locale.ROOT)));
      }
    } catch (IllegalArgumentException | DateTimeParseException e) {
      // The line is of another version of MTB. The server is asked again.
      log.debug("a line of {} is skipped: {}", memory.file(), line);
    }
  }

  private static LocalDate today() {
    return LocalDate.now(ZoneOffset.UTC);
  }

  private synchronized Answer ask(Condition condition) {
    Optional<Answer> remembered = recall(condition);
    if (remembered.isPresent()) {
      return remembered.get();
    }
    Map<Condition, Answer> answers;
    try {
      answers = condition == Condition.OF_PARTS ? probeParts() : probePuts();
    } catch (IOException e) {
      // The write that follows shows whether the bucket can be used at all.
      log.info(
          "whether {} honours the conditions of writes is not known: {}",
          endpoint,
          ErrorText.of(e));
      known.put(condition, Answer.IGNORED);
      return Answer.IGNORED;
    }
    known.putAll(answers);
    remember(answers);
    if (answers.containsValue(Answer.IGNORED)) {
      log.info(
          "{} does not honour all conditions of writes: files that another machine writes to the"
              + " same names meanwhile are overwritten",
          endpoint);
    }
    return answers.get(condition);
  }

  private void remember(Map<Condition, Answer> answers) {
    try {
      List<String> lines = new ArrayList<>(memory.lines());
      answers.forEach(
          (condition, answer) -> {
            String start = endpoint + " " + condition.name().toLowerCase(Locale.ROOT) + " ";
            lines.removeIf(line -> line.startsWith(start));
            lines.add(start + answer.name().toLowerCase(Locale.ROOT) + " " + today());
          });
      memory.replace(lines);
    } catch (IOException e) {
      log.info("{} cannot be written, and is asked again: {}", memory.file(), ErrorText.of(e));
    }
  }

  /** A test of the server with a probe object. */
  private interface Probe<T> {
    T run(String key, String tag) throws IOException;
  }

  /** Makes an object under a temporary name, which a later run deletes if this one is killed. */
  private <T> T withObject(Probe<T> probe) throws IOException {
    String key = client.prefix() + TemporaryNames.next();
    String tag = put(key, Map.of());
    try {
      return probe.run(key, tag);
    } finally {
      delete(key);
    }
  }

  private void delete(String key) {
    try {
      requests.delete(key);
    } catch (IOException e) {
      // The result is still valid: credentials for backups may lack the permission to delete.
      log.info("the probe {} cannot be deleted: {}", key, ErrorText.of(e));
    }
  }

  private Map<Condition, Answer> probePuts() throws IOException {
    return withObject(
        (key, tag) -> {
          // First, as long as the object has this tag.
          Answer ofChanged = ofMatch(tag, condition -> put(key, condition));
          Answer ofNew =
              isRefused(condition -> put(key, condition), NOTHING_THERE)
                  ? Answer.HONOURED
                  : Answer.IGNORED;
          return Map.of(Condition.OF_NEW, ofNew, Condition.OF_CHANGED, ofChanged);
        });
  }

  private static Answer ofMatch(String tag, Write write) throws IOException {
    if (!isRefused(write, UNMET_MATCH)) {
      return Answer.IGNORED;
    }
    if (!isRefused(write, match(tag))) {
      return Answer.HONOURED;
    }
    return isRefused(write, match(bare(tag))) ? Answer.IGNORED : Answer.HONOURED_BARE;
  }

  private Map<Condition, Answer> probeParts() throws IOException {
    return withObject(
        (key, tag) -> {
          String id =
              client
                  .send("CreateMultipartUpload", key, s3 -> s3.startUpload(key, headers(key)))
                  .id();
          Answer answer = Answer.IGNORED;
          try {
            String part =
                client
                    .send("UploadPart", key, s3 -> s3.putPart(key, id, 1, Body.of(CONTENT)))
                    .tag()
                    .orElse("");
            List<UploadedPart> parts = List.of(new UploadedPart(1, part));
            Write write = condition -> complete(key, id, parts, condition);
            answer = isRefused(write, NOTHING_THERE) ? ofMatch(tag, write) : Answer.IGNORED;
            return Map.of(Condition.OF_PARTS, answer);
          } finally {
            if (answer == Answer.IGNORED) {
              requests.uploads().abort(key, id);
            }
          }
        });
  }

  private void complete(
      String key, String id, List<UploadedPart> parts, Map<String, String> condition)
      throws IOException {
    var unused =
        client.send(
            "CompleteMultipartUpload", key, s3 -> s3.completeUpload(key, id, parts, condition));
  }

  /** Returns the tag as the server writes it. */
  private String put(String key, Map<String, String> condition) throws IOException {
    Map<String, String> headers = headers(key);
    headers.putAll(condition);
    byte[] md5 = DigestAlgorithm.MD5.start().digest(CONTENT);
    return client
        .send("PutObject", key, s3 -> s3.put(key, headers, Body.of(CONTENT), md5))
        .tag()
        .orElse("");
  }

  /**
   * The headers of a probe: those of other objects, since a policy of the bucket may refuse an
   * object without them.
   */
  private Map<String, String> headers(String key) {
    int none = Metadata.UNKNOWN;
    Metadata source =
        new Metadata(Kind.FILE, CONTENT.length, Instant.now(), 0600, none, none, none, none);
    Map<String, String> headers = new HashMap<>(client.headers(key, source));
    // A probe that is locked could not be deleted.
    headers.keySet().removeIf(name -> name.startsWith("x-amz-object-lock"));
    return headers;
  }

  /** A write under a condition. */
  private interface Write {
    void send(Map<String, String> condition) throws IOException;
  }

  private static boolean isRefused(Write write, Map<String, String> condition) throws IOException {
    try {
      write.send(condition);
      return false;
    } catch (IOException e) {
      if (S3Errors.isPreconditionFailed(e)) {
        return true;
      }
      if (e.getCause() instanceof S3Exception answer
          && (answer.status() == BAD_REQUEST || answer.status() == NOT_IMPLEMENTED)) {
        // The server does not know the header.
        return false;
      }
      throw e;
    }
  }
}
