package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.meter.Place.Meaning;
import dev.tollgate.gateway.meter.Reading.Delivered;
import java.nio.charset.StandardCharsets;

/**
 * Counts the generated output of one answer: characters (code points) of text, and pictures, sounds
 * and files. The events that end an item, and the last event of a stream, may repeat the output, so
 * the largest count is the right one. For one thread.
 */
final class OutputCounter {
  private static final Delivered NOTHING = new Delivered(0, 0, 0);
  private static final byte[] BASE64_MARK = ";base64,".getBytes(StandardCharsets.US_ASCII);

  // The current document.
  private boolean lastEvent;
  private boolean soundEvent;
  private boolean itemEvent;
  private boolean mediaNow;
  private boolean newString;
  private long characters;
  private long media;

  // The earlier documents.
  private Delivered own = NOTHING;
  private Delivered items = NOTHING;
  private Delivered repeated = NOTHING;
  private boolean mediaBefore;

  // Reasoning may come in one form, in the other, or in both.
  private long reasoningCharacters;
  private long detailCharacters;

  // A data URI may continue in the next document.
  private int markMatched;
  private boolean inBase64;

  /** Begins the next document of the same answer. */
  void next() {
    own = own();
    items = items();
    repeated = repeated();
    mediaBefore = mediaNow || soundEvent;
    characters = 0;
    media = 0;
    lastEvent = false;
    soundEvent = false;
    itemEvent = false;
    mediaNow = false;
  }

  /**
   * The current document is an event of this type.
   *
   * @param last whether it is the last one of the stream
   */
  void type(String type, boolean last) {
    lastEvent = last;
    soundEvent = type.endsWith("audio.delta");
    itemEvent = type.equals("response.output_item.done");
  }

  /** The output of all documents so far, without unread bytes. */
  Delivered delivered() {
    long details = Math.max(0, detailCharacters - reasoningCharacters);
    return own().plus(details, 0).max(items()).max(repeated());
  }

  /** The output of all documents that repeat nothing. */
  private Delivered own() {
    if (lastEvent || itemEvent) {
      return own;
    }
    // The text of a sound event is a piece of the sound.
    long sound = soundEvent && !mediaBefore && characters > 0 ? 1 : 0;
    return own.plus(soundEvent ? 0 : characters, media + sound);
  }

  private Delivered items() {
    return itemEvent ? items.plus(characters, media) : items;
  }

  private Delivered repeated() {
    return lastEvent ? NOTHING.plus(characters, media) : repeated;
  }

  /** A string begins. */
  void beginString() {
    newString = true;
  }

  /** Counts a run of a string's text without escapes. */
  void run(Meaning meaning, byte[] bytes, int from, int to) {
    if (meaning == Meaning.MEDIA) {
      countMedia();
      return;
    }
    int counted = 0;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (inBase64 && isOfBase64((char) (b & 0xFF))) {
        continue;
      }
      inBase64 = false;
      counted += (b & 0xC0) == 0x80 ? 0 : 1;
      matchMark(b);
    }
    count(meaning, counted);
  }

  /** Counts an escaped character. Some serialisers escape the slash, others plus and equals. */
  void escaped(Meaning meaning, char unit) {
    if (meaning == Meaning.MEDIA || (inBase64 && isOfBase64(unit))) {
      return;
    }
    inBase64 = false;
    markMatched = 0;
    count(meaning, Character.isLowSurrogate(unit) ? 0 : 1);
  }

  private void count(Meaning meaning, int counted) {
    if (meaning == Meaning.REASONING_DETAIL) {
      detailCharacters += counted;
    } else {
      characters += counted;
      reasoningCharacters += meaning == Meaning.REASONING ? counted : 0;
    }
  }

  /** Counts a picture, sound or file once, even if it comes in pieces, one per event. */
  private void countMedia() {
    if (newString) {
      newString = false;
      media += mediaBefore && !mediaNow ? 0 : 1;
      mediaNow = true;
    }
  }

  /** Counts a data URI, such as a picture or a file, at its mark. */
  private void matchMark(byte b) {
    if (b == BASE64_MARK[markMatched]) {
      markMatched++;
      if (markMatched == BASE64_MARK.length) {
        markMatched = 0;
        inBase64 = true;
        media++;
      }
    } else if (markMatched > 0) {
      markMatched = b == BASE64_MARK[0] ? 1 : 0;
    }
  }

  /** Whether a character belongs to base64, or is a line break in it. */
  private static boolean isOfBase64(char c) {
    return Payloads.isBase64(c) || c == '\r' || c == '\n';
  }
}
