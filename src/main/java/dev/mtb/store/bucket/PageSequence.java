package dev.mtb.store.bucket;

import com.google.common.collect.Iterables;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import java.io.IOException;

/**
 * The pages of one list, in order. It ends a list that makes no progress: some servers always say
 * that there is more, and MTB would never stop listing. For one thread.
 */
final class PageSequence {
  /**
   * The most pages without keys in a row. S3 may send some if there are many deleted versions
   * between two keys.
   */
  private static final int MOST_EMPTY = 1000;

  private String lastToken = "";
  private String lastKey = "";
  private int empty;

  /**
   * Where the next page begins.
   *
   * @return the token for the next; null after the last page
   */
  String next(ListPage page) throws IOException {
    if (!isMore(page)) {
      return null;
    }
    String token =
        page.nextToken()
            .orElseThrow(
                () ->
                    new IOException(
                        "the server lists a page, and does not say how to get the next"));
    if (token.equals(lastToken)) {
      throw stuck();
    }
    lastToken = token;
    return token;
  }

  /** Whether there are more pages. */
  boolean isMore(ListPage page) throws IOException {
    if (!page.isTruncated()) {
      return false;
    }
    String last = lastOf(page);
    empty = last.isEmpty() ? empty + 1 : 0;
    if (empty >= MOST_EMPTY || (!last.isEmpty() && last.equals(lastKey))) {
      throw stuck();
    }
    lastKey = last;
    return true;
  }

  private static String lastOf(ListPage page) {
    ListedObject object = Iterables.getLast(page.objects(), null);
    String prefix = Iterables.getLast(page.commonPrefixes(), null);
    return (object == null ? "" : object.key()) + (prefix == null ? "" : "|" + prefix);
  }

  private static IOException stuck() {
    return new IOException(
        "the server lists the same page again and again: its answers do not follow the S3 API"
            + " (ListObjectsV2); update the server, or go through a mount (Via.MOUNT)");
  }
}
