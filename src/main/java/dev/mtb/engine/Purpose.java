package dev.mtb.engine;

/** What a run is for. */
enum Purpose {
  BACKUP,
  DRY_RUN,
  VERIFY
}
