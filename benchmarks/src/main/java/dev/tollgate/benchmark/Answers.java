package dev.tollgate.benchmark;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The bytes of requests and answers, which are as long as OpenRouter's. All of an answer is known
 * beforehand but for the time in each event: {@link System#nanoTime} of the upstream, which on
 * Linux is one clock for all processes.
 */
final class Answers {
  /** Of the time in an event. */
  static final int TIME_DIGITS = 19;

  static final byte[] COMMENT = ascii(": OPENROUTER PROCESSING\n\n");
  static final byte[] EVENT =
      event("{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}", "");
  static final byte[] DONE = ascii("data: [DONE]\n\n");

  private static final String GENERATION = "gen-1750000000-0123456789abcdefABCD";
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":24,\"completion_tokens\":100,\"total_tokens\":124,"
          + "\"cost\":0.000385,\"cost_details\":{\"upstream_inference_cost\":0.000385}}";

  /** Where the time begins in an event. */
  static final int TIME_AT = new String(EVENT, US_ASCII).indexOf("0".repeat(TIME_DIGITS));

  static final byte[] USAGE_EVENT =
      event("{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}", "," + USAGE);
  static final byte[] DOCUMENT = document();
  static final byte[] MODELS = models();
  static final byte[] COST =
      ascii(
          "{\"data\":{\"id\":\""
              + GENERATION
              + "\",\"model\":\"bench/json\",\"total_cost\":0.000385,\"tokens_prompt\":24,"
              + "\"tokens_completion\":100}}");

  /** What {@code GET /key} and {@code GET /credits} answer: nothing limits the account. */
  static final byte[] NO_LIMIT = ascii("{\"data\":{}}");

  private Answers() {}

  /** The body of a request. */
  static byte[] request(Shape shape) {
    String text =
        "You are the voice of a shop that sells bicycles. Answer in one or two sentences.";
    return ascii(
        "{\"model\":\""
            + shape.model()
            + "\",\"max_tokens\":200,\"stream\":"
            + shape.isStream()
            + ",\"messages\":[{\"role\":\"system\",\"content\":\""
            + text
            + "\"},{\"role\":\"user\",\"content\":\"Which one is good for a long way to work?\"}]}");
  }

  /** The whole answer of a shape that is no stream. */
  static byte[] document(Shape shape) {
    return shape == Shape.MODELS ? MODELS : DOCUMENT;
  }

  /** Head of an answer. */
  static byte[] head(String contentType, String framing) {
    return ascii(
        "HTTP/1.1 200 OK\r\nContent-Type: "
            + contentType
            + "\r\nX-Generation-Id: "
            + GENERATION
            + "\r\n"
            + framing
            + "\r\n\r\n");
  }

  /** A chunk of a chunked body. */
  static byte[] chunk(byte[] data) {
    byte[] size = ascii(Integer.toHexString(data.length) + "\r\n");
    byte[] chunk = new byte[size.length + data.length + 2];
    System.arraycopy(size, 0, chunk, 0, size.length);
    System.arraycopy(data, 0, chunk, size.length, data.length);
    chunk[chunk.length - 2] = '\r';
    chunk[chunk.length - 1] = '\n';
    return chunk;
  }

  static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  private static byte[] event(String choice, String more) {
    return ascii(
        "data: {\"id\":\""
            + GENERATION
            + "\",\"provider\":\"OpenAI\",\"model\":\"openai/gpt-4o-mini\","
            + "\"object\":\"chat.completion.chunk\",\"created\":1750000000,\"system_fingerprint\":\"fp_"
            + "0".repeat(TIME_DIGITS)
            + "\",\"choices\":["
            + choice
            + "]"
            + more
            + "}\n\n");
  }

  private static byte[] document() {
    String content = "You want mudguards, a rack and lights that need no battery. ".repeat(10);
    return ascii(
        "{\"id\":\""
            + GENERATION
            + "\",\"provider\":\"OpenAI\",\"model\":\"openai/gpt-4o-mini\",\"object\":\"chat.completion\","
            + "\"created\":1750000000,\"choices\":[{\"index\":0,\"finish_reason\":\"stop\","
            + "\"message\":{\"role\":\"assistant\",\"content\":\""
            + content
            + "\"}}],"
            + USAGE
            + "}");
  }

  private static byte[] models() {
    return ascii(
        Arrays.stream(Shape.values())
            .map(Answers::entry)
            .collect(Collectors.joining(",", "{\"data\":[", "]}")));
  }

  private static String entry(Shape shape) {
    return "{\"id\":\""
        + shape.model()
        + "\",\"context_length\":128000,\"pricing\":{\"prompt\":\"0.00000015\","
        + "\"completion\":\"0.0000006\",\"request\":\"0\"}}";
  }
}
