package dev.tollgate.gateway.client;

import java.io.IOException;

/** How OpenRouter answers on the responses route: without names of events, and bare comments. */
final class ResponseAnswers {
  private static final String ITEM = "msg_1";

  private final Call call;
  private final String text;
  private int sequence;

  private ResponseAnswers(Call call) {
    this.call = call;
    String format = call.body().at("/text/format/type").asText();
    text = format.equals("json_schema") ? ChatAnswers.CITY : ChatAnswers.TEXT;
  }

  static void answer(Call call) throws IOException {
    ResponseAnswers answers = new ResponseAnswers(call);
    if (call.streams()) {
      answers.stream();
    } else {
      call.json(answers.response("completed", answers.item("completed", true), answers.usage()));
    }
  }

  private void stream() throws IOException {
    call.beginStream();
    call.comment(" ");
    send("response.created", "\"response\":" + response("in_progress", "", "null"));
    send("response.in_progress", "\"response\":" + response("in_progress", "", "null"));
    send("response.output_item.added", "\"output_index\":0,\"item\":" + item("in_progress", false));
    String part = "\"output_index\":0,\"content_index\":0,\"item_id\":\"" + ITEM + "\",";
    send("response.content_part.added", part + "\"part\":" + part(""));
    for (String word : Call.words(text)) {
      send(
          "response.output_text.delta",
          part + "\"delta\":" + Call.quoted(word) + ",\"logprobs\":[]");
      call.comment(" ");
    }
    send("response.output_text.done", part + "\"text\":" + Call.quoted(text) + ",\"logprobs\":[]");
    send("response.content_part.done", part + "\"part\":" + part(text));
    send("response.output_item.done", "\"output_index\":0,\"item\":" + item("completed", true));
    send(
        "response.completed",
        "\"response\":" + response("completed", item("completed", true), usage()));
    call.data("[DONE]");
    call.endStream();
  }

  private void send(String type, String members) throws IOException {
    String json =
        "{\"type\":\"" + type + "\"," + members + ",\"sequence_number\":" + sequence++ + "}";
    if (call.is(OpenRouterUpstream.NAMED_EVENTS)) {
      call.event(type, json);
    } else {
      call.data(json);
    }
  }

  private String item(String status, boolean whole) {
    return """
        {"type":"message","id":"%s","role":"assistant","status":"%s","content":[%s]}"""
        .formatted(ITEM, status, whole ? part(text) : "");
  }

  private static String part(String text) {
    return "{\"type\":\"output_text\",\"text\":"
        + Call.quoted(text)
        + ",\"annotations\":[],\"logprobs\":[]}";
  }

  private String response(String status, String output, String usage) {
    return """
        {"id":"%s","object":"response","created_at":1790000000,"status":"%s","model":"%s",\
        "error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,\
        "metadata":{},"output":[%s],"parallel_tool_calls":true,"previous_response_id":null,\
        "reasoning":null,"store":false,"temperature":1,"text":{"format":{"type":"text"}},\
        "tool_choice":"auto","tools":[],"top_p":1,"truncation":"disabled","usage":%s,\
        "user":null,"provider":"Acme"}"""
        .formatted(call.id(), status, call.model(), output, usage);
  }

  private String usage() {
    long words = Call.words(text).length;
    String cost = call.book(words);
    return """
        {"input_tokens":%d,"input_tokens_details":{"cached_tokens":0},"output_tokens":%d,\
        "output_tokens_details":{"reasoning_tokens":0},"total_tokens":%d,"cost":%s,\
        "is_byok":false,"cost_details":{"upstream_inference_cost":%s,\
        "upstream_inference_input_cost":1e-7,"upstream_inference_output_cost":1e-7}}"""
        .formatted(Call.PROMPT_TOKENS, words, Call.PROMPT_TOKENS + words, cost, cost);
  }
}
