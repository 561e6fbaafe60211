package dev.mtb.benchmarks;

import java.util.Locale;

/** How many files there are, how many directories they are spread over, and how large each is. */
record Shape(int files, int directories, long fileBytes) {
  private static final long MEGABYTE = 1_000_000;

  static Shape oneFile(int megabytes) {
    return new Shape(1, 1, megabytes * MEGABYTE);
  }

  String label() {
    if (files == 1) {
      return "1 file of " + fileBytes / MEGABYTE + " MB";
    }
    return String.format(
        Locale.ROOT,
        "%,d files of %d KB in %d director%s",
        files,
        fileBytes / 1024,
        directories,
        directories == 1 ? "y" : "ies");
  }
}
