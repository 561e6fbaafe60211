package dev.mtb.benchmarks;

/** Where the tools copy to. */
enum Mode {
  S3FS("results", "MTB and its peers on S3FS"),
  BUCKET("bucket", "Straight to the bucket"),
  LOCAL("local", "Folder to folder");

  /** What the files with the results are called. */
  final String fileName;

  final String title;

  Mode(String fileName, String title) {
    this.fileName = fileName;
    this.title = title;
  }
}
