package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;

/** Reads the write-ahead log of a SQLite database (sqlite.org/fileformat2.html, section 4.1). */
final class WriteAheadLog {
  private static final int HEADER_BYTES = 32;
  private static final int SALT_AT = 16;
  private static final int FRAME_HEADER_BYTES = 24;
  private static final int FRAME_SALT_AT = 8;

  private WriteAheadLog() {}

  /**
   * Whether a frame of the current log has this page or a later one. The caller must have an open
   * read transaction.
   *
   * @throws SQLException if the log cannot be read
   */
  static boolean holds(Path log, long page, int pageBytes) throws SQLException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_BYTES);
    try (FileChannel channel = FileChannel.open(log)) {
      if (!read(channel, header, 0)) {
        return false;
      }
      long salt = header.getLong(SALT_AT);
      for (long at = HEADER_BYTES; read(channel, frame, at); at += FRAME_HEADER_BYTES + pageBytes) {
        if (frame.getLong(FRAME_SALT_AT) != salt) {
          // A frame from before the log was reset.
          return false;
        }
        if (Integer.toUnsignedLong(frame.getInt(0)) >= page) {
          return true;
        }
      }
      return false;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new SQLException("cannot read " + log + ": " + DatabaseException.reason(e), e);
    }
  }

  private static boolean read(FileChannel channel, ByteBuffer buffer, long at) throws IOException {
    buffer.clear();
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, at + buffer.position());
      if (count < 0) {
        return false;
      }
    }
    return true;
  }
}
