package dev.tollgate.gateway.http;

import java.util.HashMap;
import java.util.Map;

/**
 * Bounds the memory that the request bodies of all projects take together, and how much of it one
 * project may have. It is counted as buffers are made: what a client declares reserves nothing.
 * Safe for use by many threads.
 */
public final class BodyMemory {
  /** What becomes of a wish for more. */
  public enum Answer {
    /** The buffer may be made. */
    GRANTED,
    /** The project has its share already. */
    SHARE_TAKEN,
    /** All projects together have what there is. */
    ALL_TAKEN
  }

  private final long maxBytes;
  private final long maxShareBytes;

  // Guarded by this.
  private final Map<String, Long> shares = new HashMap<>();
  private long taken;

  /**
   * @param maxBytes of all bodies together
   * @param maxBodyBytes the largest body: a project may always have one of these
   */
  public BodyMemory(long maxBytes, long maxBodyBytes) {
    this.maxBytes = maxBytes;
    this.maxShareBytes = Math.max(maxBytes / 4, maxBodyBytes);
  }

  /** The part of one request of this project; nothing is taken yet. */
  public Part part(String project) {
    return new Part(project);
  }

  /** How many bytes are taken. */
  public synchronized long takenBytes() {
    return taken;
  }

  /**
   * Counts bytes that a server keeps of bodies before the gateway reads them, such as in the
   * windows of HTTP/2. They belong to no project yet.
   *
   * @param bytes negative: they were read, or are gone
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
    // Projects without a body are forgotten.
    shares.merge(project, bytes, (a, b) -> a + b == 0 ? null : a + b);
  }

  /** What the body of one request has. */
  public final class Part {
    private final String project;

    // Guarded by this.
    private long bytes;
    private boolean closed;

    private Part(String project) {
      this.project = project;
    }

    /** Asks for a buffer of this size. */
    synchronized Answer take(int size) {
      // The request is over, so its body is not wanted.
      Answer answer = closed ? Answer.ALL_TAKEN : BodyMemory.this.take(project, size);
      if (answer == Answer.GRANTED) {
        bytes += size;
      }
      return answer;
    }

    /**
     * Counts a buffer without asking; a negative size takes it back. While the pieces of a body are
     * put together, the body is there twice.
     */
    synchronized void count(long size) {
      if (!closed) {
        add(project, size);
        bytes += size;
      }
    }

    /** Gives all back; the body is let go. A second call does nothing. */
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
