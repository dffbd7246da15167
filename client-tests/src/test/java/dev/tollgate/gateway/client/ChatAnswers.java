package dev.tollgate.gateway.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** How OpenRouter answers a chat. */
final class ChatAnswers {
  static final String TEXT = "Hello from the parrot.";

  /** What is answered where a schema is given. */
  static final String CITY = "{\"city\":\"Oslo\",\"population\":717710}";

  /** With what the tool is called. */
  static final String TOOL_ARGUMENTS = "{\"city\":\"Oslo\"}";

  private static final String TOOL_CALL_ID = "call_1";

  private final Call call;
  private final String text;
  private final String tool;

  private ChatAnswers(Call call) {
    this.call = call;
    JsonNode messages = call.body().path("messages");
    JsonNode last = messages.path(messages.size() - 1);
    boolean told = last.path("role").asText().equals("tool");
    JsonNode format = call.body().path("response_format").path("type");
    text =
        told
            ? "The tool says: " + last.path("content").asText()
            : format.asText().equals("json_schema") ? CITY : TEXT;
    tool = told ? "" : call.body().at("/tools/0/function/name").asText();
  }

  static void answer(Call call) throws IOException {
    ChatAnswers answers = new ChatAnswers(call);
    if (call.streams()) {
      answers.stream();
    } else {
      answers.whole();
    }
  }

  private String finish() {
    return tool.isEmpty() ? "stop" : "tool_calls";
  }

  private void whole() throws IOException {
    String message =
        tool.isEmpty()
            ? "\"content\":" + Call.quoted(text)
            : "\"content\":null,\"tool_calls\":[" + toolCall(TOOL_ARGUMENTS) + "]";
    call.json(
        """
        {"id":"%s","object":"chat.completion","created":1790000000,"model":"%s","provider":"Acme",\
        "system_fingerprint":null,"service_tier":null,"choices":[{"index":0,"logprobs":null,\
        "finish_reason":"%s","native_finish_reason":"%s","message":{"role":"assistant",%s,\
        "refusal":null,"reasoning":null}}],%s}"""
            .formatted(
                call.id(), call.model(), finish(), finish(), message, usage(pieces().size())));
  }

  private void stream() throws IOException {
    call.beginStream();
    call.comment(" OPENROUTER PROCESSING");
    call.comment(" OPENROUTER PROCESSING");
    if (call.is(OpenRouterUpstream.ENDLESS)) {
      String again = "{\"role\":\"assistant\",\"content\":\"again \"}";
      call.repeat(Call.dataEvent(chunk(again, "null", "")));
      return;
    }
    List<String> pieces = pieces();
    for (int i = 0; i < pieces.size(); i++) {
      call.data(chunk(pieces.get(i), "null", ""));
      if (i == 0) {
        call.comment(" OPENROUTER PROCESSING");
        if (call.is(OpenRouterUpstream.FAILS_MIDWAY)) {
          call.book(1);
          call.data(
              chunk(
                  "{\"content\":\"\"}",
                  "\"error\"",
                  ",\"error\":{\"code\":502,\"message\":\"Provider disconnected\","
                      + "\"metadata\":{\"error_type\":\"provider_unavailable\"}}"));
          call.endStream();
          return;
        }
      }
    }
    String finish = '"' + finish() + '"';
    String empty = "{\"role\":\"assistant\",\"content\":\"\"}";
    call.data(chunk(empty, finish, ""));
    // The usage says the reason again.
    call.data(chunk(empty, finish, ",\"service_tier\":null," + usage(pieces.size())));
    call.data("[DONE]");
    call.endStream();
  }

  private List<String> pieces() {
    List<String> pieces = new ArrayList<>();
    if (tool.isEmpty()) {
      for (String word : Call.words(text)) {
        pieces.add("{\"role\":\"assistant\",\"content\":" + Call.quoted(word) + "}");
      }
    } else {
      pieces.add("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" + toolCall("") + "]}");
      for (String part : TOOL_ARGUMENTS.split("(?<=\\G.{4})", -1)) {
        pieces.add(
            "{\"tool_calls\":[{\"index\":0,\"type\":\"function\",\"function\":{\"arguments\":"
                + Call.quoted(part)
                + "}}]}");
      }
    }
    return pieces;
  }

  private String toolCall(String arguments) {
    return """
        {"index":0,"id":"%s","type":"function","function":{"name":"%s","arguments":%s}}"""
        .formatted(TOOL_CALL_ID, tool, Call.quoted(arguments));
  }

  private String chunk(String delta, String finish, String more) {
    return """
        {"id":"%s","object":"chat.completion.chunk","created":1790000000,"model":"%s",\
        "provider":"Acme","choices":[{"index":0,"delta":%s,"finish_reason":%s,\
        "native_finish_reason":%s,"logprobs":null}]%s}"""
        .formatted(call.id(), call.model(), delta, finish, finish, more);
  }

  private String usage(long completionTokens) {
    return usage(call, completionTokens);
  }

  static String usage(Call call, long completionTokens) {
    String cost = call.book(completionTokens);
    return """
        "usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"cost":%s,\
        "is_byok":false,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,\
        "audio_tokens":0,"video_tokens":0},"cost_details":{"upstream_inference_cost":%s,\
        "upstream_inference_prompt_cost":1e-7,"upstream_inference_completions_cost":1e-7},\
        "completion_tokens_details":{"reasoning_tokens":0,"image_tokens":0,"audio_tokens":0}}"""
        .formatted(
            Call.PROMPT_TOKENS,
            completionTokens,
            Call.PROMPT_TOKENS + completionTokens,
            cost,
            cost);
  }
}
