package dev.tollgate.gateway.sse;

/**
 * Parser of an event stream (WHATWG HTML 9.2.6). The input may be split at any byte. The parser
 * passes the data of events to its listener and stores none of it, so its memory use is constant.
 * It skips {@code event}, {@code id}, {@code retry}, comments and unknown fields.
 *
 * <pre>
 *   BOM -> LINE_START -d-a-t-a-> NAME -:-> COLON -> DATA --end of line--> LINE_START
 *              `---any other byte--------> SKIP ----------end of line-------^
 * </pre>
 *
 * A CR ends a line at once. An LF that follows it, perhaps in the next piece, belongs to the same
 * line end. So an event never waits for a byte that may not come. Not thread-safe.
 */
public final class EventStreamParser {
  /** Receives the data. */
  public interface Listener {
    /**
     * A piece of the current event's data. The lines of an event are joined by a line feed.
     *
     * @param bytes valid during the call only; must not be changed
     */
    void onData(byte[] bytes, int offset, int length);

    /**
     * The event is complete. Without a data line there is no event; an empty data line makes an
     * event.
     */
    void onEvent();
  }

  private enum State {
    BOM,
    LINE_START,
    NAME,
    COLON,
    DATA,
    SKIP
  }

  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] NAME = {'d', 'a', 't', 'a'};
  private static final byte[] LINE_FEED = {'\n'};

  private final Listener listener;
  private State state = State.BOM;
  private int matched;
  private boolean afterReturn;
  private boolean hasData;

  public EventStreamParser(Listener listener) {
    this.listener = listener;
  }

  /** Parses the next bytes of the stream. */
  public void feed(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int i = offset;
    while (i < end) {
      switch (state) {
        case DATA -> {
          int stop = endOfLine(bytes, i, end);
          if (stop > i) {
            listener.onData(bytes, i, stop - i);
          }
          i = stop < end ? endLine(bytes[stop], stop) : end;
        }
        case SKIP -> {
          int stop = endOfLine(bytes, i, end);
          i = stop < end ? endLine(bytes[stop], stop) : end;
        }
        case COLON -> {
          state = State.DATA;
          if (bytes[i] == ' ') {
            i++;
          }
        }
        case NAME -> i = name(bytes[i], i);
        case LINE_START -> i = lineStart(bytes[i], i);
        case BOM -> i = mark(bytes[i], i);
      }
    }
  }

  /**
   * Ends the stream. An event without its final blank line is still reported, although a browser
   * would drop it. Some servers omit the blank line, and a listener that reads usage prefers a
   * truncated event to none.
   */
  public void finish() {
    if (hasData) {
      hasData = false;
      listener.onEvent();
    }
    state = State.SKIP;
  }

  private static int endOfLine(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end && bytes[i] != '\n' && bytes[i] != '\r') {
      i++;
    }
    return i;
  }

  private int mark(byte b, int i) {
    if (b == MARK[matched]) {
      matched++;
      if (matched == MARK.length) {
        state = State.LINE_START;
      }
      return i + 1;
    }
    state = matched == 0 ? State.LINE_START : State.SKIP;
    return i;
  }

  private int lineStart(byte b, int i) {
    if (b == '\n' && afterReturn) {
      afterReturn = false;
      return i + 1;
    }
    afterReturn = false;
    if (b == '\n' || b == '\r') {
      if (hasData) {
        hasData = false;
        listener.onEvent();
      }
      return endLine(b, i);
    }
    if (b == NAME[0]) {
      state = State.NAME;
      matched = 1;
      return i + 1;
    }
    state = State.SKIP;
    return i;
  }

  private int name(byte b, int i) {
    if (matched < NAME.length) {
      if (b != NAME[matched]) {
        state = State.SKIP;
        return i;
      }
      matched++;
      return i + 1;
    }
    if (b == ':') {
      beginData();
      state = State.COLON;
      return i + 1;
    }
    if (b == '\n' || b == '\r') {
      // A field without a colon has an empty value.
      beginData();
      return endLine(b, i);
    }
    state = State.SKIP;
    return i;
  }

  private void beginData() {
    if (hasData) {
      listener.onData(LINE_FEED, 0, 1);
    }
    hasData = true;
  }

  private int endLine(byte b, int i) {
    afterReturn = b == '\r';
    state = State.LINE_START;
    return i + 1;
  }
}
