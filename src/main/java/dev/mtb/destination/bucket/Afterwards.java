package dev.mtb.destination.bucket;

import java.io.IOException;

/** What is left to do when a new object is safe. */
interface Afterwards {
  void run() throws IOException;
}
