package dev.mtb.options;

/** Where the name of a bucket stands in a request. */
public enum Addressing {
  /** In the path if an endpoint is given, else in the name of the host. */
  AUTO,
  /** In the path, as most servers other than Amazon's want it. */
  PATH,
  /** In the name of the host. */
  VIRTUAL
}
