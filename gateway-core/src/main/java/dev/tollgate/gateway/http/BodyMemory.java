package dev.tollgate.gateway.http;

import java.util.HashMap;
import java.util.Map;

/**
 * Bounds the memory that all request bodies use together, and the share of one project. Memory is
 * counted when a buffer is allocated; a declared length reserves nothing. Thread-safe.
 */
public final class BodyMemory {
  /** The answer to a request for memory. */
  public enum Answer {
    /** The buffer may be allocated. */
    GRANTED,
    /** The project has used up its share. */
    SHARE_TAKEN,
    /** All projects together have used up the memory. */
    ALL_TAKEN
  }

  private final long maxBytes;
  private final long maxShareBytes;

  // Guarded by this.
  private final Map<String, Long> shares = new HashMap<>();
  private long taken;

  /**
   * @param maxBytes the limit for all bodies together; a project's share is a quarter of it
   * @param maxBodyBytes the limit for one body; a project's share is never smaller
   */
  public BodyMemory(long maxBytes, long maxBodyBytes) {
    this.maxBytes = maxBytes;
    this.maxShareBytes = Math.max(maxBytes / 4, maxBodyBytes);
  }

  /** Opens an account for the body of one request of this project. It starts at zero bytes. */
  public Part part(String project) {
    return new Part(project);
  }

  /** The number of bytes in use. */
  public synchronized long takenBytes() {
    return taken;
  }

  /**
   * Counts body bytes that a server buffers before the gateway reads them, for instance in the
   * windows of HTTP/2. They belong to no project yet.
   *
   * @param bytes negative: the bytes were read or dropped
   */
  public synchronized void countUnread(long bytes) {
    taken += bytes;
  }

  private synchronized Answer take(String project, int bytes) {
    long share = shares.getOrDefault(project, 0L) + bytes;
    if (share > maxShareBytes) {
      return Answer.SHARE_TAKEN;
    }
    if (taken + bytes > maxBytes) {
      return Answer.ALL_TAKEN;
    }
    add(project, bytes);
    return Answer.GRANTED;
  }

  private synchronized void add(String project, long bytes) {
    taken += bytes;
    // Forget projects that use no memory.
    shares.merge(project, bytes, (a, b) -> a + b == 0 ? null : a + b);
  }

  /** The memory of one request's body. */
  public final class Part {
    private final String project;

    // Guarded by this.
    private long bytes;
    private boolean closed;

    private Part(String project) {
      this.project = project;
    }

    /** Requests memory for a buffer of this size. */
    synchronized Answer take(int size) {
      // If the account is closed, the request is over and its body is not wanted.
      Answer answer = closed ? Answer.ALL_TAKEN : BodyMemory.this.take(project, size);
      if (answer == Answer.GRANTED) {
        bytes += size;
      }
      return answer;
    }

    /**
     * Counts a buffer without a limit check; a negative size subtracts. While the pieces of a body
     * are joined, the body is in memory twice.
     */
    synchronized void count(long size) {
      if (!closed) {
        add(project, size);
        bytes += size;
      }
    }

    /** Returns all memory. The caller must have dropped the body. A second call does nothing. */
    public synchronized void close() {
      if (!closed) {
        closed = true;
        if (bytes != 0) {
          add(project, -bytes);
        }
        bytes = 0;
      }
    }
  }
}
