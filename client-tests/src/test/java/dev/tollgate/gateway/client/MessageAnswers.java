package dev.tollgate.gateway.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** How OpenRouter answers on the messages route: as Anthropic does, and with a cost. */
final class MessageAnswers {
  private final Call call;
  private final String text;
  private final String tool;

  private MessageAnswers(Call call) {
    this.call = call;
    JsonNode messages = call.body().path("messages");
    JsonNode told = messages.path(messages.size() - 1).at("/content/0");
    boolean isTold = told.path("type").asText().equals("tool_result");
    text = isTold ? "The tool says: " + told.path("content").asText() : ChatAnswers.TEXT;
    tool = isTold ? "" : call.body().at("/tools/0/name").asText();
  }

  static void answer(Call call) throws IOException {
    MessageAnswers answers = new MessageAnswers(call);
    if (call.streams()) {
      answers.stream();
    } else {
      String block = answers.block(ChatAnswers.TOOL_ARGUMENTS, answers.text);
      call.json(answers.message(block, answers.reason(), answers.usage()));
    }
  }

  private void stream() throws IOException {
    call.beginStream();
    call.comment(" OPENROUTER PROCESSING");
    String begun = "{\"input_tokens\":" + Call.PROMPT_TOKENS + ",\"output_tokens\":0}";
    send("message_start", "\"message\":" + message("", "null", begun));
    send("content_block_start", "\"index\":0,\"content_block\":" + block("{}", ""));
    call.event("ping", "{\"type\":\"ping\"}");
    if (call.is(OpenRouterUpstream.FAILS_MIDWAY)) {
      call.book(0);
      call.event("error", error("overloaded_error", "Overloaded", "provider_overloaded"));
      call.endStream();
      return;
    }
    if (call.is(OpenRouterUpstream.ENDLESS)) {
      call.repeat(Call.namedEvent("content_block_delta", delta("again ")));
      return;
    }
    for (String piece : pieces()) {
      call.event("content_block_delta", delta(piece));
    }
    send("content_block_stop", "\"index\":0");
    send(
        "message_delta",
        "\"delta\":{\"stop_reason\":" + reason() + ",\"stop_sequence\":null},\"usage\":" + usage());
    call.event("message_stop", "{\"type\":\"message_stop\"}");
    call.endStream();
  }

  private String[] pieces() {
    return tool.isEmpty() ? Call.words(text) : ChatAnswers.TOOL_ARGUMENTS.split("(?<=\\G.{4})", -1);
  }

  private String reason() {
    return tool.isEmpty() ? "\"end_turn\"" : "\"tool_use\"";
  }

  private String block(String input, String words) {
    return tool.isEmpty()
        ? "{\"type\":\"text\",\"text\":" + Call.quoted(words) + "}"
        : "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\""
            + tool
            + "\",\"input\":"
            + input
            + "}";
  }

  private String delta(String piece) {
    String delta =
        tool.isEmpty()
            ? "{\"type\":\"text_delta\",\"text\":" + Call.quoted(piece) + "}"
            : "{\"type\":\"input_json_delta\",\"partial_json\":" + Call.quoted(piece) + "}";
    return "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":" + delta + "}";
  }

  private void send(String type, String members) throws IOException {
    call.event(type, "{\"type\":\"" + type + "\"," + members + "}");
  }

  private String message(String content, String reason, String usage) {
    return """
        {"id":"%s","type":"message","role":"assistant","model":"%s","content":[%s],\
        "stop_reason":%s,"stop_sequence":null,"provider":"Acme","usage":%s}"""
        .formatted(call.id(), call.model(), content, reason, usage);
  }

  private String usage() {
    int completionTokens = pieces().length;
    String cost = call.book(completionTokens);
    return """
        {"input_tokens":%d,"output_tokens":%d,"cache_creation_input_tokens":0,\
        "cache_read_input_tokens":0,"cost":%s,"is_byok":false,\
        "cost_details":{"upstream_inference_cost":%s}}"""
        .formatted(Call.PROMPT_TOKENS, completionTokens, cost, cost);
  }

  /** A refusal with this status. */
  static String error(int status) {
    String type =
        switch (status) {
          case 402 -> "billing_error";
          case 404 -> "not_found_error";
          case 429 -> "rate_limit_error";
          default -> status < 500 ? "invalid_request_error" : "api_error";
        };
    return error(type, "Provider returned error", "unmapped");
  }

  private static String error(String type, String message, String more) {
    return """
        {"type":"error","error":{"type":"%s","message":"%s","error_type":"%s"},\
        "request_id":null}"""
        .formatted(type, message, more);
  }
}
