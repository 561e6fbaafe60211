package dev.mtb.engine;

import dev.mtb.job.Failure;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The items to delete: what only the destination has, without the items that must stay. Made from
 * the names that were noted. Thread-safe.
 */
final class ExtraneousItems {
  private static final Logger log = LoggerFactory.getLogger(ExtraneousItems.class);

  private final Tally tally;
  private final Mirror.Rules rules;
  private final Listings listings;
  private final Sink sink;

  ExtraneousItems(Tally tally, Mirror.Rules rules, Listings listings, Sink sink) {
    this.tally = tally;
    this.rules = rules;
    this.listings = listings;
    this.sink = sink;
  }

  /** One thing that is only at the destination. */
  record Item(Path target, Path source, Kind kind) {
    boolean isDirectory() {
      return kind == Kind.DIRECTORY;
    }

    /** The directory that stands in the place of a file. */
    static Item directoryInPlaceOf(FileWork work) {
      return new Item(work.target(), work.source(), Kind.DIRECTORY);
    }
  }

  /**
   * The items of a directory that are to be deleted.
   *
   * @param isInside whether the directory itself is extraneous, so that the source has nothing in
   *     it
   */
  List<Item> of(ExtraneousNames.Directory directory, boolean isInside) throws DestinationException {
    List<Item> items = new ArrayList<>();
    for (ExtraneousNames.Name name : directory.names()) {
      Path target = PathBytes.resolve(directory.target(), PathBytes.of(name.name()));
      Path source = PathBytes.resolve(directory.source(), PathBytes.of(name.name()));
      if (rules.isKept().test(target) || (!isInside && rules.isSupplied().test(target))) {
        continue;
      }
      Optional<Kind> kind = kind(target, name);
      if (kind.isEmpty()) {
        continue;
      }
      boolean isDirectory = kind.get() == Kind.DIRECTORY;
      if (rules.filter().protects(source, target, isDirectory)) {
        log.debug("not deleted, since a filter excludes it: {}", target);
      } else {
        items.add(new Item(target, source, kind.get()));
      }
    }
    return items;
  }

  private Optional<Kind> kind(Path target, ExtraneousNames.Name name) throws DestinationException {
    if (name.isDirectory().isPresent()) {
      return Optional.of(name.isDirectory().get() ? Kind.DIRECTORY : Kind.FILE);
    }
    return look(target).map(Metadata::kind);
  }

  /**
   * The metadata at a path. Empty if nothing is there, or if it cannot be read, which is reported.
   */
  Optional<Metadata> look(Path target) throws DestinationException {
    try {
      return listings.destination().stat(target);
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      failed(target, "cannot be looked at: " + ErrorText.of(e) + "; " + consequence());
      return Optional.empty();
    }
  }

  /** Reports what cannot be deleted, or not be looked at. */
  void failed(Path target, String error) {
    Failure.Stage stage = sink.deletes() ? Failure.Stage.DELETE : sink.stage();
    tally.failed(new Failure(target, stage, error, Failure.Cause.ERROR));
  }

  /** What the failure means for an item that cannot be looked at. */
  private String consequence() {
    return sink.deletes() ? "it was not deleted" : "it was not counted as extra";
  }

  /** What is in an extraneous directory; empty if it cannot be listed, which is reported. */
  Optional<ExtraneousNames.Directory> list(Item directory) throws IOException {
    try {
      return Optional.of(
          ExtraneousNames.Directory.of(
              directory.target(), directory.source(), listings.namesOf(directory.target())));
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      failed(
          directory.target(),
          "the directory cannot be listed: " + ErrorText.of(e) + "; " + consequence());
      return Optional.empty();
    }
  }
}
