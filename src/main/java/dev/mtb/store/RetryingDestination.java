package dev.mtb.store;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A destination in front of another that tries again what failed, and does not take for absent what
 * the other only fails to show. Thread-safe like the other.
 *
 * <p>Writing files and links is handed through: only the copier has the source and can write again
 * ({@link Retry#run}, as {@code Copier} does). Everything else is tried again here. What fails for
 * good is a {@link FailedException}, whose message is for the user.
 */
public final class RetryingDestination extends ForwardingDestination {
  private final Retry retry;

  /**
   * Puts itself in front of another.
   *
   * @param real closed with this
   * @param retry the policy of the run
   */
  public RetryingDestination(Destination real, Retry retry) {
    super(real);
    this.retry = retry;
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    return retry.run(
        Retry.Kind.LOOK,
        "looking at",
        path,
        attempt -> {
          Optional<Metadata> found = real.stat(path);
          if (found.isEmpty() && isDoubtful(path)) {
            throw new NoSuchFileException(path.toString());
          }
          return found;
        });
  }

  /** Whether something is there after all. Asked only after trouble, so it costs nothing else. */
  private boolean isDoubtful(Path path) throws IOException {
    Path name = path.getFileName();
    boolean mayBeWrong = features().missesAfterErrors() && retry.hadTrouble();
    if (!mayBeWrong || name == null || name.toString().isEmpty()) {
      return false;
    }
    Path parent = path.getParent();
    Listing listing = real.list(parent == null ? path.getFileSystem().getPath("") : parent);
    return listing.names().isPresent() && listing.mayHold(real.nameOf(name));
  }

  @Override
  public Metadata statListed(Path path) throws IOException {
    return retry.run(Retry.Kind.LOOK, "looking at", path, attempt -> real.statListed(path));
  }

  @Override
  public Listing list(Path directory) throws IOException {
    return retry.run(Retry.Kind.LOOK, "listing", directory, attempt -> real.list(directory));
  }

  @Override
  public Optional<Metadata> look(Path path, ListedEntry glance) throws IOException {
    return retry.run(Retry.Kind.LOOK, "looking at", path, attempt -> real.look(path, glance));
  }

  /** Only opens it; the reader tries the whole again. */
  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return retry.run(Retry.Kind.LOOK, "reading", file, attempt -> real.read(file));
  }

  @Override
  public Path readLink(Path link) throws IOException {
    return retry.run(Retry.Kind.LOOK, "reading", link, attempt -> real.readLink(link));
  }

  /** One that failed may have made the directory, or deleted what stood in its place. */
  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    return retry.run(
        Retry.Kind.CHANGE,
        "making",
        directory,
        attempt -> {
          Optional<Metadata> now = attempt == 1 ? existing : stat(directory);
          boolean isMade = attempt > 1 && now.isPresent() && now.get().kind() == Kind.DIRECTORY;
          return isMade
              ? ImmutableSet.copyOf(Attribute.values())
              : createOnce(directory, source, now);
        });
  }

  /** One that another shard or program made meanwhile needs no pause. */
  private Set<Attribute> createOnce(Path directory, Metadata source, Optional<Metadata> existing)
      throws IOException {
    try {
      return real.createDirectory(directory, source, existing);
    } catch (FileAlreadyExistsException e) {
      Optional<Metadata> now = stat(directory);
      if (now.isPresent() && now.get().kind() == Kind.DIRECTORY) {
        throw new FailedException("somebody else has made it", e);
      }
      throw e;
    }
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    return retry.run(Retry.Kind.LOOK, "listing", directory, attempt -> real.listNames(directory));
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> doomed) throws IOException {
    if (features().retriesItself()) {
      return real.delete(doomed);
    }
    Map<Path, IOException> failures = new LinkedHashMap<>();
    for (Map.Entry<Path, Kind> one : doomed.entrySet()) {
      try {
        delete(one.getKey(), one.getValue());
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        failures.put(one.getKey(), e);
      }
    }
    return failures;
  }

  private void delete(Path path, Kind kind) throws IOException {
    retry.run(
        Retry.Kind.CHANGE,
        "deleting",
        path,
        attempt -> {
          for (IOException failure : real.delete(ImmutableMap.of(path, kind)).values()) {
            throw failure;
          }
          return null;
        });
  }

  /** One that failed may have renamed it. */
  @Override
  public void rename(Path from, Path to) throws IOException {
    retry.run(
        Retry.Kind.CHANGE,
        "renaming",
        to,
        attempt -> {
          if (attempt == 1 || real.stat(from).isPresent()) {
            real.rename(from, to);
          }
          return null;
        });
  }

  /** One that failed may have moved a part of it, or all. */
  @Override
  public void putAside(Path directory) throws IOException {
    retry.run(
        Retry.Kind.CHANGE,
        "moving",
        directory,
        attempt -> {
          if (attempt == 1 || real.stat(directory).isPresent()) {
            real.putAside(directory);
          }
          return null;
        });
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    retry.run(
        Retry.Kind.CHANGE,
        "setting metadata of",
        path,
        attempt -> {
          real.setMetadata(path, source, attributes);
          return null;
        });
  }

  /** Opens it only, as above. */
  @Override
  public StoredFile readBack(Path file) throws IOException {
    return retry.run(Retry.Kind.LOOK, "reading back", file, attempt -> real.readBack(file));
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    retry.run(
        Retry.Kind.CHANGE,
        "marking",
        path,
        attempt -> {
          real.distrust(path, dated);
          return null;
        });
  }

  @Override
  public Destination limitedBy(Throttle throttle) {
    return new RetryingDestination(real.limitedBy(throttle), retry);
  }
}
