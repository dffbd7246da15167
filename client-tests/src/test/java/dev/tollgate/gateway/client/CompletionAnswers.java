package dev.tollgate.gateway.client;

import java.io.IOException;

/** How OpenRouter answers a completion of the old kind. */
final class CompletionAnswers {
  private CompletionAnswers() {}

  static void answer(Call call) throws IOException {
    String[] words = Call.words(ChatAnswers.TEXT);
    if (!call.streams()) {
      String usage = "," + ChatAnswers.usage(call, words.length);
      call.json(body(call, "text_completion", ChatAnswers.TEXT, "\"stop\"", usage));
      return;
    }
    call.beginStream();
    call.comment(" OPENROUTER PROCESSING");
    for (String word : words) {
      call.data(body(call, "chat.completion.chunk", word, "null", ""));
    }
    String usage = "," + ChatAnswers.usage(call, words.length);
    call.data(body(call, "chat.completion.chunk", "", "\"stop\"", usage));
    call.data("[DONE]");
    call.endStream();
  }

  private static String body(Call call, String object, String text, String finish, String usage) {
    return """
        {"id":"%s","object":"%s","created":1790000000,"model":"%s","provider":"Acme",\
        "choices":[{"index":0,"text":%s,"logprobs":null,"finish_reason":%s,\
        "native_finish_reason":%s}]%s}"""
        .formatted(call.id(), object, call.model(), Call.quoted(text), finish, finish, usage);
  }
}
