package dev.tollgate.gateway.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Answer of the demo: the question, repeated in a friendly text. */
final class DemoAnswer {
  static final BigDecimal PROMPT_PRICE = new BigDecimal("0.00000015");
  static final BigDecimal COMPLETION_PRICE = new BigDecimal("0.0000006");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CHARACTERS_PER_TOKEN = 4;
  private static final int MAX_ECHO_CHARACTERS = 200;

  private final String id;
  private final String model;
  private final String text;
  private final long created = Instant.now().getEpochSecond();
  private final int promptTokens;
  private final int completionTokens;

  DemoAnswer(String model, String question) {
    String unique = UUID.randomUUID().toString().replace("-", "");
    this.id = "gen-" + created + "-" + unique.substring(0, 20);
    this.model = model;
    this.text =
        String.format(
            Locale.ROOT,
            "You said: \u201c%s\u201d I am only the demo, without a model behind me, but every"
                + " word of this came through Tollgate: relayed byte for byte, as it was sent.",
            question.substring(0, Math.min(question.length(), MAX_ECHO_CHARACTERS)));
    this.promptTokens = question.length() / CHARACTERS_PER_TOKEN + 1;
    this.completionTokens = text.length() / CHARACTERS_PER_TOKEN + 1;
  }

  String id() {
    return id;
  }

  List<String> words() {
    return List.of(text.split("(?<= )"));
  }

  private ObjectNode head(String object) {
    ObjectNode json = JSON.createObjectNode();
    json.put("id", id).put("object", object).put("created", created);
    return json.put("model", model).put("provider", "Demo");
  }

  ObjectNode chunk(String word, @Nullable String finishReason) {
    ObjectNode json = head("chat.completion.chunk");
    ObjectNode choice = json.putArray("choices").addObject().put("index", 0);
    choice.putObject("delta").put("role", "assistant").put("content", word);
    choice.put("finish_reason", finishReason).put("native_finish_reason", finishReason);
    return json;
  }

  ObjectNode whole() {
    ObjectNode json = head("chat.completion");
    ObjectNode choice = json.putArray("choices").addObject().put("index", 0);
    choice.put("finish_reason", "stop").put("native_finish_reason", "stop");
    choice.putObject("message").put("role", "assistant").put("content", text);
    json.set("usage", usage());
    return json;
  }

  /** Number of tokens in the first {@code words} words. */
  private int tokens(int words) {
    if (words == words().size()) {
      return completionTokens;
    }
    int characters = words().stream().limit(words).mapToInt(String::length).sum();
    return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
  }

  ObjectNode usage() {
    BigDecimal prompt = PROMPT_PRICE.multiply(BigDecimal.valueOf(promptTokens));
    BigDecimal completion = COMPLETION_PRICE.multiply(BigDecimal.valueOf(completionTokens));
    ObjectNode usage = JSON.createObjectNode();
    usage.put("prompt_tokens", promptTokens).put("completion_tokens", completionTokens);
    usage.put("total_tokens", promptTokens + completionTokens);
    usage.put("cost", cost(promptTokens, completionTokens)).put("is_byok", false);
    usage
        .putObject("cost_details")
        .put("upstream_inference_cost", prompt.add(completion))
        .put("upstream_inference_prompt_cost", prompt)
        .put("upstream_inference_completions_cost", completion);
    return usage;
  }

  /** The later look-up of the generation, of which {@code words} words were sent. */
  ObjectNode generation(int words) {
    ObjectNode generation = JSON.createObjectNode();
    ObjectNode data = generation.putObject("data");
    int completion = tokens(words);
    data.put("id", id).put("model", model).put("is_byok", false);
    data.put("total_cost", cost(promptTokens, completion));
    data.put("native_tokens_prompt", promptTokens);
    data.put("native_tokens_completion", completion);
    return generation;
  }

  private static BigDecimal cost(int promptTokens, int completionTokens) {
    return PROMPT_PRICE
        .multiply(BigDecimal.valueOf(promptTokens))
        .add(COMPLETION_PRICE.multiply(BigDecimal.valueOf(completionTokens)));
  }
}
