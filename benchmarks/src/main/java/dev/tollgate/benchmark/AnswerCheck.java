package dev.tollgate.benchmark;

import java.net.ProtocolException;
import java.nio.ByteBuffer;

/** Compares an answer, as it comes, with what its shape says, byte by byte. */
final class AnswerCheck {
  private static final int DECIMAL = 10;

  private final Figures delays;
  private Shape shape = Shape.JSON;
  private byte[] part = Answers.DOCUMENT;
  private int at;
  private int parts;
  private int events;
  private long time;

  /**
   * @param delays gets the nanoseconds that each event took from the upstream's write to here
   */
  AnswerCheck(Figures delays) {
    this.delays = delays;
  }

  void begin(Shape answer) throws ProtocolException {
    shape = answer;
    events = 0;
    parts = 0;
    nextPart();
  }

  /** How many events there were, without the one of the usage. */
  int events() {
    return events;
  }

  void feed(ByteBuffer piece) throws ProtocolException {
    long now = System.nanoTime();
    while (piece.hasRemaining()) {
      if (at == part.length) {
        nextPart();
      }
      byte next = piece.get();
      int digit = part == Answers.EVENT ? at - Answers.TIME_AT : -1;
      if (digit >= 0 && digit < Answers.TIME_DIGITS) {
        time = time * DECIMAL + (next - '0');
      } else if (next != part[at]) {
        throw new ProtocolException("a wrong byte in part " + parts + " at " + at);
      }
      at++;
      if (at == part.length && part == Answers.EVENT) {
        events++;
        delays.add(now - time);
      }
    }
  }

  private void nextPart() throws ProtocolException {
    int number = parts++;
    at = 0;
    time = 0;
    if (!shape.isStream()) {
      part = number == 0 ? Answers.document(shape) : none();
    } else if (number == 0) {
      part = Answers.COMMENT;
    } else if (number <= shape.events()) {
      part = Answers.EVENT;
    } else if (number == shape.events() + 1) {
      part = Answers.USAGE_EVENT;
    } else {
      part = number == shape.events() + 2 ? Answers.DONE : none();
    }
  }

  private static byte[] none() throws ProtocolException {
    throw new ProtocolException("more than the whole answer");
  }

  /** The body is at its end. */
  void end() throws ProtocolException {
    int whole = shape.isStream() ? shape.events() + 3 : 1;
    if (parts != whole || at != part.length) {
      throw new ProtocolException("ends in part " + parts + " of " + whole);
    }
  }
}
