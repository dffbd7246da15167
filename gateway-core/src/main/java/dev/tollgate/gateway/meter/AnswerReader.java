package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.meter.Place.Meaning;
import dev.tollgate.gateway.meter.Reading.Delivered;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Collects the usage objects, errors, model, id and amount of generated output from the JSON
 * documents of one answer. An {@link AnswerTable} defines the meaning of each value. Memory is
 * bounded. Not safe for use by several threads at once.
 */
final class AnswerReader {
  /** Receives usage objects, each as soon as it is complete. */
  interface Listener {
    /**
     * @param bytes the object as written, valid only during the call
     */
    void onUsage(byte[] bytes, int offset, int length);
  }

  /** The maximum number of characters kept of a model's name. */
  static final int MODEL_CHARACTERS = 200;

  private static final int ID_CHARACTERS = 200;
  private static final int FIRST_DEPTH = 16;
  private static final String GENERATION = "gen-";

  private final AnswerTable table;
  private final OutputCounter output = new OutputCounter();
  private final Listener listener;
  private final JsonTokenizer tokenizer = new JsonTokenizer(new Events());

  // The path to the current value; null stands for a place that is in no table.
  private @Nullable Place[] way = new Place[FIRST_DEPTH];
  private boolean[] arrays = new boolean[FIRST_DEPTH];
  private int depth;
  private @Nullable Place member;
  private Meaning value = Meaning.NONE;

  // State of the current document.
  private boolean done;
  private boolean lastEvent;

  // State of the whole answer.
  private boolean error;
  private @Nullable String model;
  private @Nullable String generationId;
  // As written: every event of a stream repeats the same model.
  private byte[] writtenModel = new byte[0];

  AnswerReader(AnswerTable table, Listener listener) {
    this.table = table;
    this.listener = listener;
  }

  /** Begins the next document of the same answer. */
  void next() {
    output.next();
    tokenizer.next();
    depth = 0;
    done = false;
    lastEvent = false;
  }

  /** Reads the next bytes of the document. */
  void feed(byte[] bytes, int offset, int length) {
    tokenizer.feed(bytes, offset, length);
  }

  /** Ends the document, and with it a bare word or number at its top level. */
  void finish() {
    tokenizer.finish();
  }

  /** Whether the document's value is complete. */
  boolean isClosed() {
    return tokenizer.isClosed();
  }

  /** The number of bytes of the document that were ignored because they are not JSON. */
  long lostBytes() {
    return tokenizer.lostBytes();
  }

  /** Whether the document is {@code [DONE]}, which is not JSON. */
  boolean isDone() {
    return done && tokenizer.isClosed() && tokenizer.lostBytes() == 0;
  }

  /** Whether the document is the last event of a stream of its protocol. */
  boolean isLastEvent() {
    return lastEvent;
  }

  /** Whether any document had an error. */
  boolean hasError() {
    return error;
  }

  /** The generated output so far. */
  Delivered delivered() {
    return output.delivered();
  }

  /** The model that was named last. */
  Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** The id of the answer, if its cost can be looked up with this id. */
  Optional<String> generationId() {
    return Optional.ofNullable(generationId);
  }

  /** The memory of the buffers, in bytes. */
  int retainedBytes() {
    return tokenizer.retainedBytes() + writtenModel.length + 5 * way.length;
  }

  private final class Events implements JsonHandler {
    @Override
    public void key(byte[] bytes, int from, int to) {
      Place object = way[depth - 1];
      member = object == null ? null : object.member(bytes, from, to);
    }

    @Override
    public Take value(byte first) {
      Place place = place();
      Meaning meaning = place == null ? Meaning.NONE : place.meaning;
      value = meaning;
      if (first == '{' || first == '[') {
        enter(place, first == '[');
        error |= meaning == Meaning.ERROR;
        return meaning == Meaning.USAGE && first == '{' ? Take.WHOLE : Take.NOTHING;
      }
      if (first != '"') {
        return meaning == Meaning.ERROR || meaning == Meaning.DONE ? Take.WHOLE : Take.NOTHING;
      }
      output.beginString();
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
      output.run(value, bytes, from, to);
    }

    @Override
    public void escaped(char unit) {
      output.escaped(value, unit);
    }

    @Override
    public void whole(byte[] bytes, int from, int to) {
      switch (value) {
        case USAGE -> listener.onUsage(bytes, from, to - from);
        case MODEL -> nameModel(bytes, from, to);
        case ID -> nameGeneration(ascii(bytes, from, to));
        case TYPE -> type(ascii(bytes, from, to));
        case FINISH_REASON -> error |= ascii(bytes, from, to).equals("error");
        case ERROR -> error |= !ascii(bytes, from, to).equals("null");
        case DONE -> done |= ascii(bytes, from, to).equals("DONE");
        default -> {}
      }
    }

    private void nameModel(byte[] bytes, int from, int to) {
      if (model == null || !Arrays.equals(writtenModel, 0, writtenModel.length, bytes, from, to)) {
        writtenModel = Arrays.copyOfRange(bytes, from, to);
        model = Text.bounded(new String(writtenModel, StandardCharsets.UTF_8), MODEL_CHARACTERS);
      }
    }

    private void nameGeneration(String id) {
      if (generationId == null && id.length() <= ID_CHARACTERS) {
        generationId = id.startsWith(GENERATION) ? id : null;
      }
    }

    private void type(String type) {
      lastEvent |= table.isLastEvent(type);
      output.type(type, lastEvent);
      error |=
          type.equals("error") || type.equals("response.error") || type.equals("response.failed");
    }

    private static String ascii(byte[] bytes, int from, int to) {
      return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
  }
}
