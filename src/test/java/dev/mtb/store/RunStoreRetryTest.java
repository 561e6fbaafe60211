package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class RunStoreRetryTest {
  private static final Path PATH = Path.of("d/f");
  private static final Metadata FOUND = Metadata.known(Kind.FILE, 7);
  private static final Metadata DIRECTORY = Metadata.known(Kind.DIRECTORY, 0);
  private final IOException ioError = new IOException("Input/output error");

  /** The answers of the destination, in their order: a result, or an exception to throw. */
  private final List<String> calls = new ArrayList<>();

  private final List<Object> stats = new ArrayList<>();
  private final List<Object> lists = new ArrayList<>();
  private final List<Object> makes = new ArrayList<>();
  private boolean missesAfterErrors = true;
  private boolean retriesItself;

  private Store retrying() {
    Store real =
        (Store)
            Proxy.newProxyInstance(
                Store.class.getClassLoader(),
                new Class<?>[] {Store.class},
                (proxy, method, arguments) -> answer((Store) proxy, method, arguments));
    Retry retry = new Retry(real, 2, 1, pause -> {}, () -> false, () -> 0, Ticker.systemTicker());
    return new RunStore(real, retry);
  }

  private Object answer(Store proxy, Method method, Object[] arguments) throws Throwable {
    calls.add(method.getName());
    return switch (method.getName()) {
      case "features" -> {
        calls.remove(calls.size() - 1);
        yield new Features(
            true,
            false,
            1,
            MtimePrecision.EXACT,
            Instant.EPOCH,
            true,
            true,
            true,
            1,
            false,
            retriesItself,
            missesAfterErrors,
            NameRules.EXACT);
      }
      case "diagnose" -> {
        calls.remove(calls.size() - 1);
        yield Diagnosis.of((IOException) arguments[0], missesAfterErrors);
      }
      case "name" -> "s3fs";
      case "nameOf" -> arguments[0];
      case "stat" -> next(stats, Optional::empty);
      case "statListed" ->
          proxy.stat((Path) arguments[0]).orElseThrow(() -> new NoSuchFileException("f"));
      case "list" -> next(lists, () -> Listing.ofNames(Set.of()));
      case "createDirectory" -> {
        calls.set(calls.size() - 1, "createDirectory " + arguments[2]);
        yield next(makes, () -> Set.of(Attribute.MTIME));
      }
      default -> throw new AssertionError(method);
    };
  }

  private static Object next(List<Object> answers, Supplier<Object> otherwise) throws IOException {
    Object answer = answers.isEmpty() ? otherwise.get() : answers.remove(0);
    if (answer instanceof IOException e) {
      throw e;
    }
    return answer;
  }

  @Test
  void withoutFailures_nothingMoreIsAsked() throws IOException {
    Store destination = retrying();
    assertThat(destination.stat(PATH)).isEmpty();
    assertThat(destination.list(Path.of("d")).mayHold(Path.of("f"))).isFalse();
    assertThat(destination.createDirectory(PATH, DIRECTORY, Optional.empty()))
        .containsExactly(Attribute.MTIME);
    assertThat(calls).containsExactly("stat", "list", "createDirectory Optional.empty");
  }

  @Test
  void absentRightAfterAnError_isConfirmedByTheList() throws IOException {
    stats.addAll(List.of(ioError, Optional.empty()));
    assertThat(retrying().stat(PATH)).isEmpty();
    assertThat(calls).startsWith("stat", "stat", "list");
  }

  @Test
  void absentAfterAnError_butListed_isLookedAtAgain() throws IOException {
    stats.addAll(List.of(ioError, Optional.empty(), Optional.of(FOUND)));
    lists.add(Listing.ofNames(Set.of(Path.of("f"))));
    assertThat(retrying().stat(PATH)).contains(FOUND);
  }

  @Test
  void absentAfterAnError_butListedAlways_isAFailure_notAbsent() {
    stats.add(ioError);
    Listing listed = Listing.ofNames(Set.of(Path.of("f")));
    lists.addAll(List.of(listed, listed));
    assertThatThrownBy(() -> retrying().stat(PATH))
        .isInstanceOf(FailedException.class)
        .hasMessageContaining("S3FS does not find it any more");
  }

  @Test
  void absentAfterAnErrorOfAnotherFile_isConfirmedToo() throws IOException {
    stats.addAll(List.of(ioError, Optional.of(FOUND), Optional.empty(), Optional.of(FOUND)));
    lists.add(Listing.ofNames(Set.of(Path.of("f"))));
    Store destination = retrying();
    assertThat(destination.stat(Path.of("other"))).contains(FOUND);
    assertThat(destination.stat(PATH)).contains(FOUND);
  }

  @Test
  void destinationThatNeverMissesFiles_isNotAskedAgainAfterErrors() throws IOException {
    missesAfterErrors = false;
    stats.addAll(List.of(ioError, Optional.empty()));
    assertThat(retrying().stat(PATH)).isEmpty();
    assertThat(calls).doesNotContain("list");
  }

  @Test
  void listedButNotFound_isLookedAtAgain_andThenAFailure() throws IOException {
    stats.addAll(List.of(Optional.empty(), Optional.empty(), Optional.of(FOUND)));
    assertThat(retrying().statListed(PATH)).isEqualTo(FOUND);
    assertThatThrownBy(() -> retrying().statListed(PATH)).isInstanceOf(FailedException.class);
  }

  @Test
  void listThatFails_isNeverTakenForComplete() throws IOException {
    lists.addAll(List.of(ioError, Listing.ofNames(Set.of(Path.of("f")))));
    assertThat(retrying().list(Path.of("d")).mayHold(Path.of("f"))).isTrue();
    lists.addAll(List.of(ioError, ioError, ioError));
    assertThatThrownBy(() -> retrying().list(Path.of("d"))).isInstanceOf(FailedException.class);
  }

  @Test
  void directoryThatWasMadeThoughAnErrorCameBack_isThere_andGetsAllItsMetadata()
      throws IOException {
    makes.addAll(List.of(ioError, new FileAlreadyExistsException("d/f")));
    stats.add(Optional.of(DIRECTORY));
    assertThat(retrying().createDirectory(PATH, DIRECTORY, Optional.empty()))
        .containsExactlyInAnyOrder(Attribute.values());
  }

  @Test
  void fileInItsPlaceThatIsGoneMeanwhile_isNotDeletedTwice() throws IOException {
    makes.add(ioError);
    assertThat(retrying().createDirectory(PATH, DIRECTORY, Optional.of(FOUND)))
        .containsExactly(Attribute.MTIME);
    assertThat(calls)
        .filteredOn(call -> call.startsWith("createDirectory"))
        .containsExactly("createDirectory " + Optional.of(FOUND), "createDirectory Optional.empty");
  }

  @Test
  void destinationThatRetriesItself_isAskedOnce() {
    retriesItself = true;
    stats.add(ioError);
    assertThatThrownBy(() -> retrying().stat(PATH))
        .isInstanceOf(FailedException.class)
        .hasMessageStartingWith("Input/output error");
    assertThat(calls).containsExactly("stat");
  }
}
