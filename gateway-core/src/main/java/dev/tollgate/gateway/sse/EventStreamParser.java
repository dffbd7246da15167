package dev.tollgate.gateway.sse;

/**
 * Reads an event stream (WHATWG HTML 9.2.6) from bytes split anywhere and hands the data of its
 * events on without keeping any of it: the memory taken is the same whatever comes. Everything but
 * {@code data} is passed over: {@code event}, {@code id}, {@code retry}, comments and the unknown.
 *
 * <pre>
 *   BOM -> LINE_START -d-a-t-a-> NAME -:-> COLON -> DATA --end of line--> LINE_START
 *              `---any other byte--------> SKIP ----------end of line-------^
 * </pre>
 *
 * A line ends at its CR; an LF that follows, perhaps in a later piece, belongs to that end. So no
 * event waits for a byte that may never come. Not safe for use by several threads at once.
 */
public final class EventStreamParser {
  /** Hears the data. */
  public interface Listener {
    /**
     * A piece of the data of the present event. The lines of an event come joined by a line feed.
     *
     * @param bytes valid during the call only, and not to be changed
     */
    void onData(byte[] bytes, int offset, int length);

    /** The event is complete. An event of no data line is none; one of an empty line is. */
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

  /** Takes the next bytes of the stream. */
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
   * The stream is over. An event that no blank line ended is handed on all the same, although a
   * browser would drop it: some servers forget the line, and a listener that reads usage would
   * rather have a cut event than none.
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
      // A field without a colon has the empty value.
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
