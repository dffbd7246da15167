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
 * Keeps a second server off a SQLite file: an operating-system lock, so that it is gone with the
 * process, however that ends. The command line does not take it.
 */
final class ServerLock implements AutoCloseable {
  /**
   * Channels that were opened in vain, in this process. To close one would release the first
   * server's lock: a process loses all its POSIX locks on a file when it closes any descriptor of
   * it.
   */
  private static final Queue<FileChannel> NEVER_CLOSED = new ConcurrentLinkedQueue<>();

  private final FileChannel channel;

  private ServerLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @param file what to lock; made if it does not exist
   * @param database what messages call the database
   * @throws DatabaseException if another server holds it, or the file cannot be made
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
        // The other server is in this very process.
        NEVER_CLOSED.add(channel);
      }
    } catch (IOException e) {
      throw new DatabaseException(
          "cannot open database " + database + ": " + DatabaseException.reason(e), e);
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
