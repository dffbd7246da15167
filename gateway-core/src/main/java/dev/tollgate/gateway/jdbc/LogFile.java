package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The file of a SQLite database's write-ahead log, for forcing it to the disk. SQLite keeps no
 * locks on this file, so opening and closing it here is safe; it would not be for the database
 * itself (sqlite.org/howtocorrupt.html, section 2.2). For one thread.
 */
final class LogFile implements AutoCloseable {
  private final Path file;
  private @Nullable FileChannel channel;
  private @Nullable Object key;
  private volatile long forcedBytes;

  LogFile(Path file) {
    this.file = file;
  }

  /**
   * Writes the log to the disk. The caller must keep a connection to the database open from the
   * first call to the last: the end of the last connection deletes the log.
   *
   * @throws IOException if the disk refuses, or if the log is not the file of the first call. A
   *     force of a file that lost its name succeeds and means nothing
   */
  void force() throws IOException {
    FileChannel open = channel;
    if (open == null) {
      open = FileChannel.open(file, StandardOpenOption.WRITE);
      channel = open;
      key = key();
    }
    long bytes = open.size();
    open.force(false);
    // Afterwards, because it may have been replaced meanwhile.
    requireSameFile();
    forcedBytes = bytes;
  }

  private void requireSameFile() throws IOException {
    if (!Objects.equals(key, key())) {
      throw new IOException(file + " was replaced while it was in use");
    }
  }

  /** The length of the log's part that is on the disk, at least. Any thread may call this. */
  long forcedBytes() {
    return forcedBytes;
  }

  /**
   * Forces the log of a database that another process may write, even if interrupted. Without a
   * log, does nothing.
   */
  static void forceOnce(Path file) throws IOException {
    // An interrupt would close the channel.
    boolean interrupted = Thread.interrupted();
    try {
      boolean done = false;
      while (!done) {
        try (LogFile log = new LogFile(file)) {
          log.force();
          done = true;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } catch (NoSuchFileException e) {
      // All commits are in the database itself.
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Identifies the file: the inode on most systems; null where the file system has none. */
  private @Nullable Object key() throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
