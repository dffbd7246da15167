package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.meter.JsonTokenizer.Take;
import dev.tollgate.gateway.meter.Place.Meaning;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Collects what the JSON documents of one answer say: usage objects, errors, the model, the id, and
 * how much was generated. An {@link AnswerTable} tells what a value means. Its memory is bounded.
 * Not safe for use by several threads at once.
 */
final class AnswerReader {
  /** Receives usage objects, each as soon as it is complete. */
  interface Listener {
    /**
     * @param json the object as it was written, valid during the call only
     */
    void onUsage(byte[] json, int length);
  }

  /** How many characters of a model's name are kept. */
  static final int MODEL_CHARACTERS = 200;

  private static final int ID_CHARACTERS = 200;
  private static final int FIRST_DEPTH = 16;
  private static final String GENERATION = "gen-";
  private static final byte[] BASE64_MARK = ";base64,".getBytes(StandardCharsets.US_ASCII);

  private final AnswerTable table;
  private final Listener listener;
  private final JsonTokenizer tokenizer = new JsonTokenizer(new Events());

  // The way to the value that is read; null stands for a place that is in no table.
  private @Nullable Place[] way = new Place[FIRST_DEPTH];
  private boolean[] arrays = new boolean[FIRST_DEPTH];
  private int depth;
  private @Nullable Place member;
  private Meaning value = Meaning.NONE;

  // Of the document.
  private boolean lastEvent;
  private boolean soundEvent;
  private boolean itemEvent;
  private boolean mediaNow;
  private boolean newString;
  private long documentCharacters;
  private long documentMedia;

  // Of the whole answer.
  private boolean error;
  private long characters;
  private long media;
  private long reasoningCharacters;
  private long detailCharacters;
  // The events that end an item, and the last event of a stream, may say the output again.
  private long itemCharacters;
  private long itemMedia;
  private long repeatedCharacters;
  private long repeatedMedia;
  private boolean mediaBefore;
  private int markMatched;
  private boolean inBase64;
  private @Nullable String model;
  private @Nullable String generationId;
  // As it was written: each event of a stream names the same model again.
  private byte[] writtenModel = new byte[0];

  AnswerReader(AnswerTable table, Listener listener) {
    this.table = table;
    this.listener = listener;
  }

  /** Begins the next document of the same answer. */
  void next() {
    long allCharacters = ownCharacters();
    media = ownMedia();
    characters = allCharacters;
    repeatedCharacters = lastEvent ? documentCharacters : repeatedCharacters;
    repeatedMedia = lastEvent ? documentMedia : repeatedMedia;
    itemCharacters += itemEvent ? documentCharacters : 0;
    itemMedia += itemEvent ? documentMedia : 0;
    mediaNow |= soundEvent;
    documentCharacters = 0;
    documentMedia = 0;
    tokenizer.next();
    depth = 0;
    lastEvent = false;
    soundEvent = false;
    itemEvent = false;
    mediaBefore = mediaNow;
    mediaNow = false;
  }

  /** Takes the next bytes of the document. */
  void feed(byte[] bytes, int offset, int length) {
    tokenizer.feed(bytes, offset, length);
  }

  /** The document is over; a bare word or number at its top ends with it. */
  void finish() {
    tokenizer.finish();
  }

  /** Whether the document's value is complete. */
  boolean isClosed() {
    return tokenizer.isClosed();
  }

  /** How many bytes of the document were ignored because they are no JSON. */
  long lostBytes() {
    return tokenizer.lostBytes();
  }

  /** Whether the document is the last event of a stream of its protocol. */
  boolean isLastEvent() {
    return lastEvent;
  }

  /** Whether any document had an error. */
  boolean hasError() {
    return error;
  }

  /** How many characters (code points) of text were generated. */
  long characters() {
    // Reasoning may come in one form, in the other, or in both.
    long details = Math.max(0, detailCharacters - reasoningCharacters);
    long items = itemCharacters + (itemEvent ? documentCharacters : 0);
    long repeated = lastEvent ? documentCharacters : repeatedCharacters;
    return Math.max(ownCharacters() + details, Math.max(items, repeated));
  }

  /** How many pictures, sounds and files were generated. */
  long media() {
    long items = itemMedia + (itemEvent ? documentMedia : 0);
    long repeated = lastEvent ? documentMedia : repeatedMedia;
    return Math.max(ownMedia(), Math.max(items, repeated));
  }

  /** Those of all documents, without what the last event repeats. */
  private long ownCharacters() {
    return characters + (lastEvent || itemEvent || soundEvent ? 0 : documentCharacters);
  }

  private long ownMedia() {
    // The text of a sound event is the sound, in pieces.
    long sound = soundEvent && !mediaBefore && documentCharacters > 0 ? 1 : 0;
    return media + (lastEvent || itemEvent ? 0 : documentMedia + sound);
  }

  /** The model named last. */
  Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** The id of the answer, if the upstream can be asked by it. */
  Optional<String> generationId() {
    return Optional.ofNullable(generationId);
  }

  /** How much memory the buffers take. */
  int retainedBytes() {
    return tokenizer.retainedBytes() + writtenModel.length + 5 * way.length;
  }

  private final class Events implements JsonTokenizer.Handler {
    @Override
    public boolean wantsKeys() {
      Place object = way[depth - 1];
      return object != null && object.hasMembers();
    }

    @Override
    public void key(byte[] text, int length) {
      Place object = way[depth - 1];
      member = object == null ? null : object.member(text, length);
    }

    @Override
    public Take value(byte first) {
      Place place = place();
      Meaning meaning = place == null ? Meaning.NONE : place.meaning;
      boolean structure = first == '{' || first == '[';
      if (structure) {
        enter(place, first == '[');
        error |= meaning == Meaning.ERROR;
        return meaning == Meaning.USAGE && first == '{' ? Take.WHOLE : Take.NOTHING;
      }
      value = meaning;
      if (first != '"') {
        return meaning == Meaning.ERROR ? Take.WHOLE : Take.NOTHING;
      }
      newString = true;
      error |= meaning == Meaning.ERROR;
      return switch (meaning) {
        case TEXT, REASONING, REASONING_DETAIL, MEDIA -> Take.RUNS;
        case MODEL, ID, TYPE, FINISH_REASON -> Take.WHOLE;
        default -> Take.NOTHING;
      };
    }

    private @Nullable Place place() {
      if (depth == 0) {
        return table.document();
      }
      Place outer = way[depth - 1];
      if (!arrays[depth - 1]) {
        Place named = outer == null ? null : member;
        member = null;
        return named;
      }
      return outer == null ? null : outer.element();
    }

    private void enter(@Nullable Place place, boolean array) {
      if (depth == way.length) {
        way = Arrays.copyOf(way, 2 * depth);
        arrays = Arrays.copyOf(arrays, 2 * depth);
      }
      way[depth] = place;
      arrays[depth] = array;
      depth++;
    }

    @Override
    public void end() {
      depth--;
    }

    @Override
    public void run(byte[] bytes, int from, int to) {
      if (value == Meaning.MEDIA) {
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
      count(counted);
    }

    private void count(int counted) {
      switch (value) {
        case REASONING_DETAIL -> detailCharacters += counted;
        case REASONING -> {
          reasoningCharacters += counted;
          documentCharacters += counted;
        }
        default -> documentCharacters += counted;
      }
    }

    @Override
    public void escaped(char unit) {
      // Some serialisers escape the slash, others plus and equals sign.
      if (value == Meaning.MEDIA || (inBase64 && isOfBase64(unit))) {
        return;
      }
      inBase64 = false;
      markMatched = 0;
      count(Character.isLowSurrogate(unit) ? 0 : 1);
    }

    /** A picture, sound or file in pieces, one an event, counts once. */
    private void countMedia() {
      if (newString) {
        newString = false;
        documentMedia += mediaBefore && !mediaNow ? 0 : 1;
        mediaNow = true;
      }
    }

    /** What follows the mark of a data URI is a picture or a file, also in the events behind. */
    private void matchMark(byte b) {
      if (b == BASE64_MARK[markMatched]) {
        markMatched++;
        if (markMatched == BASE64_MARK.length) {
          markMatched = 0;
          inBase64 = true;
          documentMedia++;
        }
      } else if (markMatched > 0) {
        markMatched = b == BASE64_MARK[0] ? 1 : 0;
      }
    }

    @Override
    public void string(byte[] text, int length) {
      switch (value) {
        case MODEL -> nameModel(text, length);
        case ID -> nameGeneration(text, length);
        case TYPE -> type(ascii(text, length));
        case FINISH_REASON -> error |= ascii(text, length).equals("error");
        default -> {}
      }
    }

    private void nameModel(byte[] text, int length) {
      if (model == null || !Arrays.equals(writtenModel, 0, writtenModel.length, text, 0, length)) {
        writtenModel = Arrays.copyOf(text, length);
        model = Text.bounded(new String(text, 0, length, StandardCharsets.UTF_8), MODEL_CHARACTERS);
      }
    }

    private void nameGeneration(byte[] text, int length) {
      if (generationId == null && length <= ID_CHARACTERS) {
        String id = ascii(text, length);
        generationId = id.startsWith(GENERATION) ? id : null;
      }
    }

    private void type(String type) {
      lastEvent |= table.isLastEvent(type);
      soundEvent = type.endsWith("audio.delta");
      itemEvent = type.equals("response.output_item.done");
      error |=
          type.equals("error") || type.equals("response.error") || type.equals("response.failed");
    }

    @Override
    public void scalar(byte[] text, int length) {
      error |= !ascii(text, length).equals("null");
    }

    @Override
    public void raw(byte[] json, int length) {
      listener.onUsage(json, length);
    }

    private static String ascii(byte[] text, int length) {
      return new String(text, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** A letter of base64, or a line break in it. */
    private static boolean isOfBase64(char c) {
      return Payloads.isBase64(c) || c == '\r' || c == '\n';
    }
  }
}
