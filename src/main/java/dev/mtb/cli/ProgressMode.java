package dev.mtb.cli;

/** When a progress bar is shown. */
enum ProgressMode {
  AUTO,
  ALWAYS,
  NEVER
}
