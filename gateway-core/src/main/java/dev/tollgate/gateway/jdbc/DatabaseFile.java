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
 * The identity of an open SQLite database file, by its file key, which is the inode on most
 * systems. Detects that the file was replaced. Safe for use by many threads.
 */
final class DatabaseFile {
  /** The state of the file, compared with the file that was opened. */
  enum Sight {
    SAME,
    /**
     * The same file with fewer bytes than before, because of VACUUM or because it was overwritten.
     */
    SMALLER,
    /** There is no file with this name, or it is another file. */
    GONE
  }

  private final Path file;
  // Null until the file is open; the key is null if the file system has no file keys.
  private volatile @Nullable Opened opened;
  private volatile long bytes;
  private volatile @Nullable Object logKey;

  private record Opened(Path real, @Nullable Object key) {}

  /**
   * @param file an absolute path
   */
  DatabaseFile(Path file) {
    this.file = file;
  }

  /** Records the identity of the file. Call this once, when the database is open. */
  void open() throws IOException {
    Path real = file.toRealPath();
    opened = new Opened(real, Files.readAttributes(real, BasicFileAttributes.class).fileKey());
  }

  /**
   * Checks the file. Before {@link #open}, always returns {@code SAME}.
   *
   * @throws SQLException if the file cannot be checked
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

  /**
   * The size of the file in bytes; 0: there is no file. Later checks compare with this size, even
   * if it is smaller than before.
   */
  long size() throws SQLException {
    BasicFileAttributes now = attributes(file);
    bytes = now == null ? 0 : now.size();
    return bytes;
  }

  /**
   * Whether the opened file is still in its place, even if its configured name now links to another
   * file.
   */
  boolean isInPlace() throws SQLException {
    Opened before = Objects.requireNonNull(opened);
    return isKey(before.key, attributes(before.real));
  }

  /** Whether the write-ahead log is the one that the last check found. */
  boolean isOwnLog(Path log) throws SQLException {
    return isKey(logKey, attributes(log));
  }

  /** The exception for a file that was deleted or replaced. */
  SQLException lost() {
    return new SQLException(file + " was deleted or replaced while it was in use");
  }

  /** The path of the opened file with a suffix. */
  Path beside(String suffix) {
    Path real = Objects.requireNonNull(opened).real;
    return real.resolveSibling(real.getFileName() + suffix);
  }

  private static boolean isKey(@Nullable Object key, @Nullable BasicFileAttributes now) {
    return now != null && Objects.equals(now.fileKey(), key);
  }

  /** The attributes of a file; null: there is no such file. */
  private static @Nullable BasicFileAttributes attributes(Path path) throws SQLException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new SQLException(
          "cannot read the attributes of " + path + ": " + DatabaseException.reason(e), e);
    }
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
