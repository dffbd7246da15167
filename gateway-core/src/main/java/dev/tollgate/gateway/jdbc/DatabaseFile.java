package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Knows the file of an open SQLite database again: by its key, which is the inode on most systems.
 * Safe for use by many threads.
 */
final class DatabaseFile {
  /** What the file is, compared with the one that was opened. */
  enum Sight {
    SAME,
    /**
     * The same file, but with fewer bytes than it had: by VACUUM, or because it was overwritten.
     */
    SMALLER,
    /** No file has the name, or another one. */
    GONE
  }

  private final Path file;
  // Null until it is open; the key is null where the file system has none.
  private volatile @Nullable Opened opened;
  private volatile long bytes;
  private volatile @Nullable Object logKey;

  private record Opened(Path real, @Nullable Object key) {}

  /**
   * @param file absolute
   */
  DatabaseFile(Path file) {
    this.file = file;
  }

  /** Remembers the file as it is now. To be called once, when the database is open. */
  void open() throws IOException {
    Path real = file.toRealPath();
    opened = new Opened(real, Files.readAttributes(real, BasicFileAttributes.class).fileKey());
  }

  /**
   * Looks at the file. Before it is open, any is the same.
   *
   * @throws SQLException if that is not possible
   */
  Sight look() throws SQLException {
    Opened before = opened;
    if (before == null) {
      return Sight.SAME;
    }
    BasicFileAttributes now = attributes(file);
    if (now == null || !isKey(before.key, now)) {
      return Sight.GONE;
    }
    if (now.size() < bytes) {
      return Sight.SMALLER;
    }
    bytes = now.size();
    BasicFileAttributes log = attributes(beside("-wal"));
    logKey = log == null ? null : log.fileKey();
    return Sight.SAME;
  }

  /** How many bytes the file has; 0: there is none. Fewer than before are right from now on. */
  long size() throws SQLException {
    BasicFileAttributes now = attributes(file);
    bytes = now == null ? 0 : now.size();
    return bytes;
  }

  /** Whether the opened file is where it was, though its name may lead to another one by now. */
  boolean isInPlace() throws SQLException {
    Opened before = Objects.requireNonNull(opened);
    return isKey(before.key, attributes(before.real));
  }

  /** Whether the write-ahead log is the one that was there at the last look. */
  boolean isOwnLog(Path log) throws SQLException {
    return isKey(logKey, attributes(log));
  }

  /** Says that another file has the name by now, or none. */
  SQLException lost() {
    return new SQLException(file + " was deleted or replaced while it was in use");
  }

  /** A name beside the opened file. */
  Path beside(String suffix) {
    Path real = Objects.requireNonNull(opened).real;
    return real.resolveSibling(real.getFileName() + suffix);
  }

  private static boolean isKey(@Nullable Object key, @Nullable BasicFileAttributes now) {
    return now != null && Objects.equals(now.fileKey(), key);
  }

  /** Null: there is no such file. */
  private static @Nullable BasicFileAttributes attributes(Path path) throws SQLException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new SQLException("cannot look at " + path + ": " + DatabaseException.reason(e), e);
    }
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
