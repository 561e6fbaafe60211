package dev.mtb.store.bucket;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The content type that s3fs gives an object, by the ending of its name ({@code
 * S3fsCurl::LookupMimeType} of s3fs 1.90): by the last ending that {@code /etc/mime.types} knows of
 * two. Immutable.
 */
final class MimeTypes {
  static final String DIRECTORY = "application/x-directory";
  static final String UNKNOWN = "application/octet-stream";

  private static final Path SYSTEM = Path.of("/etc/mime.types");

  private final Map<String, String> types;

  private MimeTypes(Map<String, String> types) {
    this.types = types;
  }

  static MimeTypes ofSystem() {
    try {
      return parse(Files.readAllLines(SYSTEM, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      // There is no such file, so s3fs on this machine has no types either.
      return new MimeTypes(Map.of());
    }
  }

  static MimeTypes parse(List<String> lines) {
    Map<String, String> types = new HashMap<>();
    for (String line : lines) {
      if (line.startsWith("#")) {
        continue;
      }
      List<String> words = Splitter.onPattern("\\s+").omitEmptyStrings().splitToList(line);
      for (int i = 1; i < words.size(); i++) {
        types.putIfAbsent(words.get(i), words.get(0));
      }
    }
    return new MimeTypes(types);
  }

  String of(String key) {
    int last = key.lastIndexOf('.');
    if (last < 0) {
      return UNKNOWN;
    }
    String type = types.get(key.substring(last + 1));
    if (type != null) {
      return type;
    }
    int before = key.lastIndexOf('.', last - 1);
    return before < 0 ? UNKNOWN : types.getOrDefault(key.substring(before + 1, last), UNKNOWN);
  }
}
