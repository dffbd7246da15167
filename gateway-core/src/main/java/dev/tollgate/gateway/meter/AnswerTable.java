package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.meter.Place.Meaning;
import java.util.Set;

/**
 * The tables from path to meaning, one for each protocol. A path that is not in a table has no
 * meaning, so text that only looks like a usage object is never read as one.
 *
 * <pre>
 *   all          usage | model | id | error | type
 *   chat,        x_groq.usage                                    Groq's streams
 *   completions  choices[].usage                                 Moonshot's streams
 *                choices[].(message|delta).usage
 *                choices[].error, .finish_reason
 *                choices[].**                                    generated output
 *   responses    response.(usage|model|id|error)                 events
 *                delta, (output[]|item|response.output[]).**     generated output
 *   messages     message.(usage|model|id)                        message_start
 *                (delta|content_block).**, content[].**          generated output
 *   embeddings   nothing more: vectors are not counted
 *
 *   **           text under keys such as content, at any depth; pictures and sound under keys such
 *                as image_url; but no metadata of text (annotations, logprobs)
 * </pre>
 *
 * <p>Sources: the API references of OpenAI, Anthropic, OpenRouter, Groq and Moonshot.
 */
final class AnswerTable {
  private static final Place USAGE = new Place(Meaning.USAGE);
  private static final Place MODEL = new Place(Meaning.MODEL);
  private static final Place ID = new Place(Meaning.ID);
  private static final Place ERROR = new Place(Meaning.ERROR);
  private static final Place TEXT = new Place(Meaning.TEXT);
  private static final Place REASONING = new Place(Meaning.REASONING);
  private static final Place DETAIL = new Place(Meaning.REASONING_DETAIL);

  /** The input of a tool: an object or text that the model generated. */
  private static final Place INPUT = new Place(Meaning.TEXT);

  private static final Place MEDIA = new Place(Meaning.MEDIA);
  private static final Place OUTPUT = new Place(Meaning.NONE);

  static {
    generated(OUTPUT).withElements(OUTPUT);
    generated(TEXT).withElements(TEXT);
    generated(REASONING).withElements(REASONING);
    INPUT.withElements(INPUT).withOthers(INPUT);
    MEDIA
        .with(MEDIA, "url", "data", "b64_json", "file_data", "image_url", "video_url")
        .with(TEXT, "transcript")
        .withElements(MEDIA);
  }

  private static final AnswerTable CHAT =
      new AnswerTable(
          root()
              .with(object().with(USAGE, "usage"), "x_groq")
              .with(object().withElements(choice()), "choices"),
          true,
          Set.of());

  private static final AnswerTable RESPONSES =
      new AnswerTable(
          root()
              .with(described().with(ERROR, "error").with(OUTPUT, "output"), "response")
              .with(TEXT, "delta")
              .with(MEDIA, "partial_image_b64")
              .with(OUTPUT, "output", "item"),
          false,
          Set.of("response.completed", "response.incomplete", "response.failed"));

  private static final AnswerTable MESSAGES =
      new AnswerTable(
          root().with(described(), "message").with(OUTPUT, "delta", "content", "content_block"),
          false,
          Set.of("message_stop"));

  private static final AnswerTable EMBEDDINGS = new AnswerTable(root(), true, Set.of());

  private final Place root;
  private final boolean endsWithDone;
  private final Set<String> lastEvents;

  private AnswerTable(Place root, boolean endsWithDone, Set<String> lastEvents) {
    this.root = root;
    this.endsWithDone = endsWithDone;
    this.lastEvents = lastEvents;
  }

  /** The table for the protocol of this kind of request. */
  static AnswerTable of(RequestKind kind) {
    return switch (kind) {
      case CHAT, COMPLETION -> CHAT;
      case RESPONSE -> RESPONSES;
      case MESSAGE -> MESSAGES;
      case EMBEDDING -> EMBEDDINGS;
    };
  }

  /** The place of the whole document. */
  Place document() {
    return root;
  }

  /** Whether a stream ends with {@code [DONE]}, or with a usage that has a cost. */
  boolean endsWithDone() {
    return endsWithDone;
  }

  /** Whether an event of this type is the last one of a stream. */
  boolean isLastEvent(String type) {
    return lastEvents.contains(type);
  }

  private static Place object() {
    return new Place(Meaning.NONE);
  }

  /** An object with the model, the id and the usage of an answer. */
  private static Place described() {
    return object().with(USAGE, "usage").with(MODEL, "model").with(ID, "id");
  }

  private static Place root() {
    return described()
        .with(ERROR, "error")
        .with(new Place(Meaning.TYPE), "type")
        .withElements(new Place(Meaning.DONE));
  }

  private static Place choice() {
    return generated(object())
        .with(USAGE, "usage")
        .with(ERROR, "error")
        .with(new Place(Meaning.FINISH_REASON), "finish_reason")
        .with(generated(new Place(Meaning.TEXT)).with(USAGE, "usage"), "message", "delta");
  }

  /** Counts all output in an object, at any depth. */
  private static Place generated(Place place) {
    return place
        .with(
            TEXT,
            "content",
            "text",
            "transcript",
            "arguments",
            "refusal",
            "thinking",
            "partial_json")
        .with(REASONING, "reasoning", "reasoning_content")
        .with(INPUT, "input")
        .with(
            MEDIA,
            "image_url",
            "images",
            "image",
            "audio",
            "video",
            "source",
            "inline_data",
            "inlineData",
            "b64_json",
            "file",
            "result")
        .with(object().withElements(object().with(DETAIL, "text", "summary")), "reasoning_details")
        .with(object(), "annotations", "logprobs")
        .withOthers(OUTPUT);
  }
}
