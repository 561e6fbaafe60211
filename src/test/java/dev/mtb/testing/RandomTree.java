package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A source tree with random content that is the same for the same seed and settings, for tests with
 * trees that no author would think of. The seed is printed when a tree is built and is part of
 * {@link #toString}, so that a failure can be repeated.
 *
 * <pre>{@code
 * RandomTree tree = RandomTree.seeded(42).files(200).awkwardNames().build(folder);
 * }</pre>
 *
 * <p>A tree is immutable; a builder is for one thread.
 */
public final class RandomTree {
  private final Path root;
  private final String description;
  private final List<Path> directories;
  private final List<Path> files;
  private final List<Path> links;

  private RandomTree(Growth growth) {
    this.root = growth.root;
    this.description = growth.settings.toString();
    this.directories = List.copyOf(growth.directories);
    this.files = List.copyOf(growth.files);
    this.links = List.copyOf(growth.links);
  }

  /** Starts a tree whose content follows from {@code seed}. */
  public static Builder seeded(long seed) {
    return new Builder(seed);
  }

  /** Starts a tree with a random seed. */
  public static Builder random() {
    return new Builder(System.nanoTime() & 0xffffff);
  }

  /** The folder that holds the tree. */
  public Path root() {
    return root;
  }

  /** All directories below the root, empty ones too, parents first. */
  public List<Path> directories() {
    return directories;
  }

  /** All regular files. */
  public List<Path> files() {
    return files;
  }

  /** All symbolic links. */
  public List<Path> links() {
    return links;
  }

  @Override
  public String toString() {
    return description + " in " + root;
  }

  /** Writes files of random content into directories d0, d1 and so on, as old as real files are. */
  public static void smallFiles(Path root, int directories, int files, int size)
      throws IOException {
    for (int d = 0; d < directories; d++) {
      Path directory = Files.createDirectory(root.resolve("d" + d));
      for (int f = 0; f < files; f++) {
        write(
            directory.resolve("f" + f),
            bytes(1000L * d + f, size),
            Instant.ofEpochSecond(1_600_000_000L + 1000L * d + f, 123_456_789));
      }
      Files.setLastModifiedTime(
          directory, FileTime.from(Instant.ofEpochSecond(1_500_000_000L + d)));
    }
    Files.setLastModifiedTime(root, FileTime.from(Instant.ofEpochSecond(1_400_000_000L)));
  }

  /** Deletes links whose target begins or ends with a blank, which s3fs would cut off. */
  public void deleteLinksThatS3fsCannotKeep() throws IOException {
    for (Path link : links()) {
      String target = Files.readSymbolicLink(link).toString();
      if (!target.strip().equals(target)) {
        Files.delete(link);
      }
    }
  }

  /** Writes a file, and the directories above it if they are missing. */
  public static Path write(Path file, String content) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content, UTF_8);
  }

  /** Writes a file with this modification time, and the directories above it. */
  public static Path write(Path file, byte[] content, Instant modified) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, content);
    return Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  /** Random content that is the same for the same seed, and does not compress. */
  public static byte[] bytes(long seed, int size) {
    byte[] bytes = new byte[size];
    // Many times as fast as Random, with the quick compiler too.
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  /**
   * The child of {@code parent} whose name is exactly these bytes. {@link Path#resolve(String)}
   * cannot do that: it encodes the name in the locale's character set, and refuses what that cannot
   * express.
   */
  public static Path child(Path parent, byte[] name) {
    if (parent.getFileSystem() != FileSystems.getDefault()) {
      return parent.resolve(new String(name, UTF_8));
    }
    String folder = parent.toAbsolutePath().toUri().toString();
    String percent = HexFormat.of().withPrefix("%").formatHex(name);
    return Path.of(URI.create(folder + (folder.endsWith("/") ? "" : "/") + percent));
  }

  /** Settings of a tree. The defaults are small and harmless; awkward things are asked for. */
  public static final class Builder {
    private final long seed;
    private int directories = 5;
    private int emptyDirectories = 1;
    private int files = 30;
    private int links = 3;
    private int smallest;
    private int largest = 20_000;
    private boolean awkwardNames;
    private boolean rawNames;
    private boolean setgid;

    private Builder(long seed) {
      this.seed = seed;
    }

    /** How many directories may have content; 5 by default. */
    public Builder directories(int count) {
      this.directories = count;
      return this;
    }

    /** How many directories are empty; 1 by default. */
    public Builder emptyDirectories(int count) {
      this.emptyDirectories = count;
      return this;
    }

    /** How many regular files; 30 by default. */
    public Builder files(int count) {
      this.files = count;
      return this;
    }

    /** Sizes of files, from 0 to 20,000 by default; most are small, as on real disks. */
    public Builder sizes(int smallest, int largest) {
      this.smallest = smallest;
      this.largest = largest;
      return this;
    }

    /** How many symbolic links, in turn to a file, to a directory and to nothing; 3 by default. */
    public Builder links(int count) {
      this.links = count;
      return this;
    }

    /** Adds names with blanks, newlines, quotes, emoji and the like, and one of 255 bytes. */
    public Builder awkwardNames() {
      this.awkwardNames = true;
      return this;
    }

    /** Adds names that are not UTF-8, which S3 cannot store unchanged; local folders can. */
    public Builder rawNames() {
      this.rawNames = true;
      return this;
    }

    /** Gives some directories the setgid bit. */
    public Builder setgid() {
      this.setgid = true;
      return this;
    }

    /** Builds the tree in {@code root}, which is created if it is missing. */
    public RandomTree build(Path root) throws IOException {
      Growth growth = new Growth(this, Files.createDirectories(root));
      growth.grow();
      RandomTree tree = new RandomTree(growth);
      System.out.println(tree);
      return tree;
    }

    @Override
    public String toString() {
      return "RandomTree.seeded(%d).directories(%d).emptyDirectories(%d).files(%d).sizes(%d, %d)"
              .formatted(seed, directories, emptyDirectories, files, smallest, largest)
          + ".links(%d)".formatted(links)
          + (awkwardNames ? ".awkwardNames()" : "")
          + (rawNames ? ".rawNames()" : "")
          + (setgid ? ".setgid()" : "");
    }
  }

  /** Builds one tree. */
  private static final class Growth {
    private static final List<String> AWKWARD =
        List.of(
            "new\nline",
            "it's \"quoted\"",
            "back\\slash",
            "emoji \uD83D\uDCBE\uD83C\uDDE9\uD83C\uDDEA",
            "--dashes",
            " leading blank",
            "trailing blank ",
            "100%41 + a&b=<c>?#;*",
            "$(touch pwned) `id`",
            "u\u0308 decomposed, \u00fc composed",
            "~tilde.tmp",
            ".hidden",
            "x".repeat(255));

    /** The last of {@link #AWKWARD} for files alone: nested, it would exceed S3's 1,024 bytes. */
    private static final List<String> AWKWARD_DIRECTORIES = AWKWARD.subList(0, AWKWARD.size() - 1);

    private static final List<byte[]> RAW =
        List.of(
            new byte[] {'l', 'a', 't', 'i', 'n', '-', (byte) 0xe9},
            new byte[] {(byte) 0xff, (byte) 0xfe},
            new byte[] {'c', 'u', 't', '-', (byte) 0xf0, (byte) 0x9f});

    private static final long EARLIEST = Instant.parse("1990-01-01T00:00:00Z").getEpochSecond();
    private static final long LATEST = Instant.parse("2026-01-01T00:00:00Z").getEpochSecond();
    private static final int DEEPEST = 6;

    private final Builder settings;
    private final Path root;
    private final Random random;
    private final List<Path> directories = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();
    private final List<Path> links = new ArrayList<>();

    Growth(Builder settings, Path root) {
      this.settings = settings;
      this.root = root;
      this.random = new Random(settings.seed);
    }

    void grow() throws IOException {
      List<Path> parents = new ArrayList<>(List.of(root));
      for (int i = 0; i < settings.directories; i++) {
        Path directory = addDirectory(anyOf(parents), i);
        if (directory.getNameCount() - root.getNameCount() < DEEPEST) {
          parents.add(directory);
        }
      }
      List<Path> filled = new ArrayList<>(directories);
      filled.add(root);
      for (int i = 0; i < settings.emptyDirectories; i++) {
        addDirectory(anyOf(filled), settings.directories + i);
      }
      for (byte[] name : fileNames()) {
        addFile(child(anyOf(filled), name));
      }
      for (int i = 0; i < settings.links; i++) {
        addLink(child(anyOf(filled), utf8("link-" + i)), i);
      }
      // Last and bottom up: every new entry changes its directory's time.
      List<Path> bottomUp = new ArrayList<>(directories);
      Collections.reverse(bottomUp);
      bottomUp.add(root);
      for (Path directory : bottomUp) {
        boolean setgid = settings.setgid && random.nextInt(3) == 0;
        setMode(directory, anyOf(List.of("rwxr-xr-x", "rwx------", "rwxrwxr-x")), setgid);
        setTime(directory);
      }
    }

    private Path addDirectory(Path parent, int number) throws IOException {
      String prefix = "";
      if (settings.awkwardNames && number % 2 == 1) {
        prefix = AWKWARD_DIRECTORIES.get(number / 2 % AWKWARD_DIRECTORIES.size());
      }
      Path directory = child(parent, utf8(prefix + "dir-" + number));
      directories.add(Files.createDirectory(directory));
      return directory;
    }

    /** As many names as there are files, the awkward ones first; no two are equal. */
    private List<byte[]> fileNames() {
      List<byte[]> names = new ArrayList<>();
      if (settings.awkwardNames) {
        AWKWARD.forEach(name -> names.add(utf8(name)));
      }
      if (settings.rawNames) {
        names.addAll(RAW);
      }
      for (int i = names.size(); i < settings.files; i++) {
        names.add(utf8("file-" + i));
      }
      return names.subList(0, settings.files);
    }

    private void addFile(Path file) throws IOException {
      byte[] content = new byte[size()];
      random.nextBytes(content);
      Files.write(file, content);
      setTime(file);
      setMode(file, anyOf(List.of("rw-r--r--", "rw-------", "rwxr-xr-x", "r--r--r--")), false);
      files.add(file);
    }

    private int size() {
      // The logarithm is uniform, so that there are as many files of 1-10 bytes as of 1-10 KB.
      double range = Math.log(settings.largest - settings.smallest + 1.0);
      return settings.smallest + (int) Math.expm1(random.nextDouble() * range);
    }

    private void addLink(Path link, int number) throws IOException {
      Path target =
          switch (number % 3) {
            case 0 -> files.isEmpty() ? root : anyOf(files);
            case 1 -> directories.isEmpty() ? root : anyOf(directories);
            default -> child(link.getParent(), utf8("nowhere"));
          };
      Path relative = link.getParent().relativize(target);
      boolean same = relative.toString().isEmpty();
      Files.createSymbolicLink(link, same ? relative.resolve(".") : relative);
      setTime(link);
      links.add(link);
    }

    private void setTime(Path path) throws IOException {
      long second = EARLIEST + (long) (random.nextDouble() * (LATEST - EARLIEST));
      Instant time = Instant.ofEpochSecond(second, random.nextInt(1_000_000_000));
      Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .setTimes(FileTime.from(time), null, null);
    }

    private static void setMode(Path path, String mode, boolean setgid) throws IOException {
      if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        return;
      }
      Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
      Files.setPosixFilePermissions(path, permissions);
      if (setgid) {
        int bits = (Integer) Files.getAttribute(path, "unix:mode");
        Files.setAttribute(path, "unix:mode", (bits & 07777) | 02000);
      }
    }

    private <T> T anyOf(List<T> choices) {
      return choices.get(random.nextInt(choices.size()));
    }

    private static byte[] utf8(String name) {
      return name.getBytes(UTF_8);
    }
  }
}
