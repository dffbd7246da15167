package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The lock that keeps a second server off a SQLite file. It is an operating-system lock, which is
 * released when the process ends for any reason. Commands that run alongside a server do not take
 * it.
 */
final class ServerLock implements AutoCloseable {
  /**
   * Channels of this process whose lock attempt failed. They must stay open. A process loses all
   * its POSIX locks on a file when it closes any descriptor of that file. Closing such a channel
   * would therefore release the lock of the first server.
   */
  private static final Queue<FileChannel> NEVER_CLOSED = new ConcurrentLinkedQueue<>();

  private final FileChannel channel;

  private ServerLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @param file the lock file; created if it does not exist
   * @param database the name of the database in messages
   * @throws DatabaseException if another server holds the lock, or the file cannot be created
   */
  static ServerLock acquire(Path file, String database) {
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return new ServerLock(channel);
        }
        channel.close();
      } catch (OverlappingFileLockException e) {
        // The other server is in the same process.
        NEVER_CLOSED.add(channel);
      }
    } catch (IOException e) {
      throw DatabaseException.cannotOpen(database, DatabaseException.reason(e), e);
    }
    throw new DatabaseException("another server is running on database " + database);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new DatabaseException("cannot release the server lock", e);
    }
  }
}
