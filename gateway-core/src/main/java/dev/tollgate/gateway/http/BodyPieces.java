package dev.tollgate.gateway.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Body that is collected in pieces. A piece is allocated when bytes have arrived for it, and is
 * counted in the gateway's {@link BodyMemory}. So a body that never ends uses no more memory than
 * the received bytes need. To be used by one thread at a time.
 */
final class BodyPieces {
  private static final int FIRST_BYTES = 8 << 10;
  private static final int NEXT_BYTES = 32 << 10;
  private static final byte[] NOTHING = {};

  private final BodyMemory.Part memory;
  private final long declaredBytes;
  private final List<byte[]> full = new ArrayList<>(0);
  private byte[] last = NOTHING;
  private int lastCount;

  /**
   * @param memory counts the pieces; the caller closes it after dropping the body
   * @param declaredBytes the declared length of the body; -1: none is declared
   */
  BodyPieces(BodyMemory.Part memory, long declaredBytes) {
    this.memory = memory;
    this.declaredBytes = declaredBytes;
  }

  boolean isEmpty() {
    return lastCount == 0 && full.isEmpty();
  }

  /** Makes room for at least one byte, unless the memory is used up. */
  BodyMemory.Answer makeRoom() {
    if (lastCount < last.length) {
      return BodyMemory.Answer.GRANTED;
    }
    int size = last.length > 0 ? NEXT_BYTES : firstBytes();
    BodyMemory.Answer answer = memory.take(size);
    if (answer == BodyMemory.Answer.GRANTED) {
      if (last.length > 0) {
        full.add(last);
      }
      last = new byte[size];
      lastCount = 0;
    }
    return answer;
  }

  private int firstBytes() {
    // One byte more than declared, so that the read that finds the end has room.
    return declaredBytes >= 0 && declaredBytes < FIRST_BYTES
        ? (int) declaredBytes + 1
        : FIRST_BYTES;
  }

  /**
   * Reads once, into the room made by {@link #makeRoom}.
   *
   * @return false at the end of the stream
   */
  boolean readFrom(InputStream in) throws IOException {
    int n = in.read(last, lastCount, last.length - lastCount);
    lastCount += Math.max(n, 0);
    return n >= 0;
  }

  /** The whole body. The pieces are dropped. */
  byte[] join() {
    int bytes = full.stream().mapToInt(each -> each.length).sum() + lastCount;
    byte[] whole = last;
    if (bytes != last.length) {
      memory.count(bytes);
      whole = new byte[bytes];
      int at = 0;
      for (byte[] each : full) {
        System.arraycopy(each, 0, whole, at, each.length);
        at += each.length;
      }
      System.arraycopy(last, 0, whole, at, lastCount);
      memory.count(-(long) (at + last.length));
    }
    drop();
    return whole;
  }

  void drop() {
    full.clear();
    last = NOTHING;
    lastCount = 0;
  }
}
