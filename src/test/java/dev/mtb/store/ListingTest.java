package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListingTest {
  /** As it happens on file servers, while the directory changes. */
  @Test
  void nameThatIsReadTwice_isOne() {
    Listing listing = Listing.ofNames(List.of(Path.of("a"), Path.of("b"), Path.of("a")));

    assertThat(listing.names().orElseThrow().keySet()).containsExactly(Path.of("a"), Path.of("b"));
  }
}
