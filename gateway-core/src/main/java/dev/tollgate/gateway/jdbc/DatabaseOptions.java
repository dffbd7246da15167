package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the database is.
 *
 * @param file the SQLite file; made if it does not exist, in a directory that must
 */
public record DatabaseOptions(Path file) {
  private static final String PREFIX = "jdbc:sqlite:";

  /**
   * Reads a JDBC URL.
   *
   * @throws IllegalArgumentException if it does not name a SQLite file
   */
  public static DatabaseOptions parse(String url) {
    String path = url.startsWith(PREFIX) ? url.substring(PREFIX.length()) : "";
    if (path.isBlank() || path.startsWith(":") || path.startsWith("file:") || path.contains("?")) {
      throw new IllegalArgumentException("not the URL of a SQLite file");
    }
    return new DatabaseOptions(Path.of(path));
  }

  /**
   * The file of this name beside the database's, whichever links lead there: what belongs to one
   * database must not be found twice.
   */
  Path beside(String suffix) {
    Path real = file.toAbsolutePath();
    Path directory = real.getParent();
    try {
      if (Files.exists(real)) {
        real = real.toRealPath();
      } else if (directory != null) {
        real = directory.toRealPath().resolve(real.getFileName());
      }
    } catch (IOException e) {
      // Its directory does not exist; whoever opens the file will say so.
    }
    return real.resolveSibling(real.getFileName() + suffix);
  }
}
