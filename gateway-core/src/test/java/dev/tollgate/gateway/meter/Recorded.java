package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Answers in the shapes that upstreams give, and what is to be read from each. */
enum Recorded {
  CHAT(
      RequestKind.CHAT,
      "application/json",
      """
      {"id":"gen-1","object":"chat.completion","created":1790000000,"model":"openai/gpt-4o-mini",
       "choices":[{"index":0,"logprobs":null,"finish_reason":"stop","message":{"role":"assistant",
       "content":"Hi \\"é\\u00e9\\"","refusal":null,"reasoning":null}}],"error":null,
       "usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"cost":0.00000255,
       "is_byok":false,"prompt_tokens_details":{"cached_tokens":0},
       "cost_details":{"upstream_inference_cost":0.00000255}}}
      """,
      usage("0.00000255", new Tokens(9, 0, -1, 2, -1)),
      false,
      true,
      7,
      "openai/gpt-4o-mini",
      "gen-1"),
  PADDED_CHAT(
      RequestKind.CHAT,
      "application/json; charset=utf-8",
      "\n \n: OPENROUTER PROCESSING\r\n\r\n \t{\"usage\":{\"cost\":1.2e-7},\"model\":\"a/b\"}\n",
      usage("1.2e-7", -1, -1),
      false,
      true,
      0,
      "a/b",
      null),
  FIRST_USAGE_CHUNK(
      RequestKind.CHAT,
      "text/event-stream",
      stream(
          "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
              + "\"finish_reason\":null}],\"usage\":{\"prompt_tokens\":15,\"completion_tokens\":6,"
              + "\"cost\":0.0000061380}}"),
      usage("0.0000061380", 15, 6),
      false,
      true,
      3,
      "openai/gpt-4o-mini",
      "gen-1"),
  EMPTY_CHOICES_CHUNK(
      RequestKind.CHAT,
      "Text/Event-Stream; charset=utf-8",
      stream("{\"choices\":[],\"usage\":{\"prompt_tokens\":15,\"cost\":7.4e-7}}"),
      usage("7.4e-7", 15, -1),
      false,
      true,
      3,
      "openai/gpt-4o-mini",
      "gen-1"),
  REPEATED_FINISH_CHUNK(
      RequestKind.CHAT,
      null,
      stream(
          "{\"service_tier\":null,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
              + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":15,"
              + "\"completion_tokens\":6,\"cost\":0,\"cost_details\":{\"a\":{\"b\":[1,{}]}}}}"),
      usage("0", 15, 6),
      false,
      true,
      3,
      "openai/gpt-4o-mini",
      "gen-1"),
  RETURNS_ONLY(
      RequestKind.CHAT,
      "text/event-stream",
      stream("{\"usage\":{\"cost\":1e-6},\"choices\":[]}").replace("\n", "\r"),
      usage("1e-6", -1, -1),
      false,
      true,
      3,
      "openai/gpt-4o-mini",
      "gen-1"),
  CRLF_AND_MARK(
      RequestKind.CHAT,
      "text/event-stream",
      "\uFEFF" + stream("{\"usage\":{\"cost\":1e-6},\"choices\":[]}").replace("\n", "\r\n"),
      usage("1e-6", -1, -1),
      false,
      true,
      3,
      "openai/gpt-4o-mini",
      "gen-1"),
  SPLIT_OVER_LINES(
      RequestKind.CHAT,
      "text/event-stream",
      "data: {\"choices\":[],\ndata:\"usage\":\nid: 3\ndata:  {\"cost\":5,\ndata\ndata:"
          + "\"prompt_tokens\":4}}\n\ndata:[DONE]\n\n",
      usage("5", 4, -1),
      false,
      true,
      0,
      null,
      null),
  TEXT_LIKE_USAGE(
      RequestKind.CHAT,
      "text/event-stream",
      """
      data: {"model":"a/b","choices":[{"delta":{"content":"{\\"usage\\":{\\"cost\\":9}} [DONE]"}}]}

      data: {"choices":[{"delta":{"x":{"usage":{"cost":8}},"error":{"a":1}}}],"x":{"usage":{"cost":7}}}

      data: {"choices":[{"delta":{"content":"data: {\\"usage\\":{\\"cost\\":6}}"}}],"usage":null}

      """,
      null,
      false,
      false,
      53,
      "a/b",
      null),
  LAST_USAGE_WINS(
      RequestKind.CHAT,
      "text/event-stream",
      """
      data: {"usage":{"cost":1,"prompt_tokens":10,"completion_tokens":1}}

      data: {"usage":{"cost":9},"us\\u0061ge":{"cost":2,"completion_tokens":2}}

      data: {"usage":null}

      data: [DONE]

      data: {"usage":"none"}

      : more

      """,
      usage("2", 10, 2),
      false,
      true,
      0,
      null,
      null),
  USAGE_OF_ZEROS(
      RequestKind.CHAT,
      "text/event-stream",
      """
      data: {"usage":{"prompt_tokens":10,"completion_tokens":2,"cost":0.5}}

      data: {"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cost":0}}

      """,
      usage("0.5", 10, 2),
      false,
      true,
      0,
      null,
      null),
  GROQ(
      RequestKind.CHAT,
      "text/event-stream",
      """
      data: {"id":"chatcmpl-1","model":"llama","choices":[{"delta":{"content":"abcd"}}],"x_groq":{"id":"req_1"}}

      data: {"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"queue_time":0.01,"prompt_tokens":20,"completion_tokens":5,"total_tokens":25}}}

      data: [DONE]

      """,
      usage(new Tokens(20, 5)),
      false,
      true,
      4,
      "llama",
      null),
  MOONSHOT(
      RequestKind.CHAT,
      "text/event-stream",
      """
      data: {"model":"kimi","choices":[{"delta":{"content":"ab"},"usage":null}]}

      data: {"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,"cached_tokens":8}}]}

      data: [DONE]

      """,
      usage(new Tokens(20, 8, -1, 5, -1)),
      false,
      true,
      2,
      "kimi",
      null),
  USAGE_OF_A_MESSAGE(
      RequestKind.CHAT,
      "application/json",
      "{\"choices\":[{\"message\":{\"content\":\"a\",\"usage\":{\"prompt_tokens\":3,"
          + "\"completion_tokens\":4}}}]}",
      usage(new Tokens(3, 4)),
      false,
      true,
      1,
      null,
      null),
  RESPONSES(
      RequestKind.RESPONSE,
      "text/event-stream",
      """
      :\s

      data: {"type":"response.created","response":{"id":"gen-2","status":"in_progress","error":null,"output":[],"usage":null,"model":"a/b"},"sequence_number":0}

      data: {"type":"response.output_text.delta","output_index":0,"delta":"Hi","logprobs":[],"sequence_number":6}

      data: {"type":"response.completed","response":{"id":"gen-2","status":"completed","output":[{"content":[{"text":"Hi"}]}],"usage":{"input_tokens":9,"output_tokens":8,"cost":0.000118,"is_byok":false}},"sequence_number":16}

      """,
      usage("0.000118", 9, 8),
      false,
      true,
      2,
      "a/b",
      "gen-2"),
  RESPONSES_FAILED(
      RequestKind.RESPONSE,
      "text/event-stream",
      "data: {\"type\":\"response.failed\",\"response\":{\"usage\":{\"cost\":0},\"error\":"
          + "{\"code\":\"server_error\"}}}\n\n",
      usage("0", -1, -1),
      true,
      true,
      0,
      null,
      null),
  MESSAGES(
      RequestKind.MESSAGE,
      "text/event-stream",
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"gen-3","model":"anthropic/c","usage":{"input_tokens":25,"output_tokens":1}}}

      event: ping
      data: {"type":"ping"}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15,"cost":0.0003}}

      event: message_stop
      data: {"type":"message_stop"}

      """,
      usage("0.0003", 25, 15),
      false,
      true,
      5,
      "anthropic/c",
      "gen-3"),
  MESSAGES_ERROR(
      RequestKind.MESSAGE,
      "application/json",
      "{\"type\":\"error\",\"request_id\":null}",
      null,
      true,
      true,
      0,
      null,
      null),
  EMBEDDINGS(
      RequestKind.EMBEDDING,
      "application/json",
      "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"embedding\":[0.1,-2e-3]},"
          + "{\"embedding\":\"AAAA\"}],\"model\":\"e/m\",\"usage\":{\"prompt_tokens\":8,"
          + "\"total_tokens\":8,\"cost\":0.0001,\"is_byok\":false}}",
      usage("0.0001", 8, 0),
      false,
      true,
      0,
      "e/m",
      null),
  ERROR_ONLY(
      RequestKind.CHAT,
      "application/json",
      "{\"id\":\"gen-4\",\"error\":{\"code\":502,\"message\":\"Provider disconnected\"}}",
      null,
      true,
      true,
      0,
      null,
      "gen-4"),
  OLDER_ERROR(
      RequestKind.CHAT,
      "application/json",
      "{\"choices\":[{\"finish_reason\":\"error\",\"message\":{\"content\":\"part\"}}]}",
      null,
      true,
      true,
      4,
      null,
      null),
  ERROR_IN_A_CHOICE(
      RequestKind.CHAT,
      "application/json",
      "{\"choices\":[{\"error\":null},{\"error\":{\"code\":1}}]}",
      null,
      true,
      true,
      0,
      null,
      null),
  ERROR_IN_THE_STREAM(
      RequestKind.CHAT,
      "text/event-stream",
      "data: {\"error\":{\"code\":\"server_error\"},\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
      null,
      true,
      false,
      0,
      null,
      null),
  CUT_IN_A_LINE(
      RequestKind.CHAT,
      "text/event-stream",
      "data: {\"choices\":[{\"delta\":{\"content\":\"abc\"}}]}\n\ndata: {\"usage\":{\"cost\":3},\"ch",
      usage("3", -1, -1),
      false,
      true,
      3,
      null,
      null),
  CUT_IN_THE_USAGE(
      RequestKind.CHAT,
      "application/json",
      "{\"model\":\"a/b\",\"usage\":{\"cost\":3},\"usage\":{\"cost\":4",
      usage("3", -1, -1),
      false,
      false,
      0,
      "a/b",
      null),
  WITHOUT_THE_LAST_BLANK_LINE(
      RequestKind.CHAT, "text/event-stream", "data: [DONE]", null, false, true, 0, null, null),
  BROKEN_LINE(
      RequestKind.CHAT,
      "text/event-stream",
      "data: {\"usage\":]\n\ndata: {\"usage\":{\"cost\":4}}\n\ndata: [DONE]x\n\ndata: [DON\n\n",
      usage("4", -1, -1),
      false,
      true,
      0,
      null,
      null),
  JSON_SAID_TO_BE_A_STREAM(
      RequestKind.CHAT,
      "text/event-stream",
      "{\"usage\":{\"cost\":4}}",
      usage("4", -1, -1),
      false,
      true,
      0,
      null,
      null),
  STREAM_SAID_TO_BE_JSON(
      RequestKind.CHAT,
      "application/json",
      "data: {\"usage\":{\"cost\":4}}\n\ndata: [DONE]\n\n",
      usage("4", -1, -1),
      false,
      true,
      0,
      null,
      null),
  ARRAY(
      RequestKind.CHAT,
      null,
      "[{\"usage\":{\"cost\":4},\"error\":1}]",
      null,
      false,
      true,
      0,
      null,
      null),
  BARE_NUMBER(RequestKind.CHAT, "application/json", "12", null, false, true, 0, null, null);

  final RequestKind kind;
  final @Nullable String contentType;
  final String body;
  final Expected expected;

  Recorded(
      RequestKind kind,
      @Nullable String contentType,
      String body,
      @Nullable Expected usage,
      boolean error,
      boolean whole,
      long characters,
      @Nullable String model,
      @Nullable String generationId) {
    this.kind = kind;
    this.contentType = contentType;
    this.body = body;
    this.expected =
        new Expected(
            usage == null ? null : usage.cost,
            usage == null ? Tokens.NONE : usage.tokens,
            error,
            whole,
            characters,
            model,
            generationId);
  }

  /** What is to be read, in the normal form. */
  record Expected(
      @Nullable Cost cost,
      Tokens tokens,
      boolean error,
      boolean whole,
      long characters,
      @Nullable String model,
      @Nullable String generationId) {}

  /** The same of a reading. */
  Expected summary(Reading reading) {
    return new Expected(
        reading.usage().map(Usage::cost).orElse(null),
        reading.usage().map(usage -> usage.consumption(kind, 0).tokens()).orElse(Tokens.NONE),
        reading.error(),
        reading.whole(),
        reading.delivered().characters(),
        reading.model().orElse(null),
        reading.generationId().orElse(null));
  }

  byte[] bytes() {
    return body.getBytes(UTF_8);
  }

  private static Expected usage(String cost, long input, long output) {
    return usage(cost, new Tokens(input, output));
  }

  private static Expected usage(String cost, Tokens tokens) {
    Cost known = new Cost.Known(new BigDecimal(cost), cost);
    return new Expected(known, tokens, false, false, 0, null, null);
  }

  private static Expected usage(Tokens tokens) {
    return new Expected(Cost.none(), tokens, false, false, 0, null, null);
  }

  /** A chat stream that delivers three characters, then the given chunk and the end. */
  private static String stream(String usageChunk) {
    String head =
        "data: {\"id\":\"gen-1\",\"model\":\"openai/gpt-4o-mini\",\"choices\":[{\"index\":0,";
    return ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
        + head
        + "\"delta\":{\"content\":\"Hel\",\"role\":\"assistant\"},\"finish_reason\":null}]}\n\n"
        + head
        + "\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}\n\ndata: "
        + usageChunk
        + "\n\ndata: [DONE]\n\n";
  }
}
