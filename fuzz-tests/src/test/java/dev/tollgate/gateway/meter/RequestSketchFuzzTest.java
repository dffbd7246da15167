package dev.tollgate.gateway.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Any body is sketched, and an object as Jackson's tree of it says. The first byte of the input
 * chooses the kind of request, the rest is the body.
 */
public class RequestSketchFuzzTest {
  private static final JsonFactory JSON = new JsonFactory();

  @FuzzTest
  public void anyBodyIsSketchedAsItsTreeReads(byte[] input) {
    if (input.length == 0) {
      return;
    }
    RequestKind[] kinds = RequestKind.values();
    RequestKind kind = kinds[(input[0] & 0xFF) % kinds.length];
    byte[] body = Arrays.copyOfRange(input, 1, input.length);
    RequestSketch sketch = RequestSketch.of(body, kind, null);
    assertThat(sketch.bodyBytes()).isEqualTo(body.length);
    assertThat(RequestSketch.of(body, kind, "gzip").readable()).isFalse();
    assertThat(sketch.model().length()).isLessThanOrEqualTo(AnswerReader.MODEL_CHARACTERS);
    assertThat(sketch.model()).doesNotContain("\n", "\r");
    if (!isOneObject(body)) {
      assertThat(sketch.readable()).isFalse();
      return;
    }
    JsonNode tree;
    try {
      tree = UsageTapFuzzTest.STRICT.readTree(body);
    } catch (IOException | NumberFormatException e) {
      // A member is there twice, or a number is beyond what a tree holds.
      return;
    }
    assertThat(sketch.readable()).isTrue();
    checkModels(tree, sketch);
    checkNumbers(tree, kind, sketch);
    boolean stream = false;
    for (Map.Entry<String, JsonNode> member : tree.properties()) {
      if (named(member, "stream")) {
        stream = member.getValue().isBoolean() && member.getValue().booleanValue();
      }
    }
    assertThat(sketch.stream()).isEqualTo(stream);
  }

  private static boolean isOneObject(byte[] body) {
    if (!Json.isUtf8(body)) {
      return false;
    }
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean named(Map.Entry<String, JsonNode> member, String... names) {
    return List.of(names)
        .contains(member.getKey().toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT));
  }

  private static boolean isExact(Map.Entry<String, JsonNode> member, String... names) {
    return List.of(names).contains(member.getKey());
  }

  private static void checkModels(JsonNode tree, RequestSketch sketch) {
    Set<String> models = new LinkedHashSet<>();
    boolean unknown = false;
    boolean exact = false;
    for (Map.Entry<String, JsonNode> member : tree.properties()) {
      JsonNode value = member.getValue();
      if (named(member, "model")) {
        unknown |= !value.isTextual();
        exact |= isExact(member, "model");
        models.add(value.textValue());
      } else if (named(member, "models", "fallbacks")) {
        unknown |= !value.isArray() && !value.isNull();
        for (JsonNode item : value.isArray() ? value : List.<JsonNode>of()) {
          exact |= isExact(member, "models", "fallbacks");
          if (!item.isObject()) {
            unknown |= !item.isTextual();
            models.add(item.textValue());
            continue;
          }
          unknown |= !item.has("model");
          for (Map.Entry<String, JsonNode> inner : item.properties()) {
            if (named(inner, "model")) {
              unknown |= !inner.getValue().isTextual();
              models.add(inner.getValue().textValue());
            }
          }
        }
      }
    }
    assertThat(sketch.models()).isEqualTo(unknown || !exact ? List.of() : List.copyOf(models));
  }

  private static void checkNumbers(JsonNode tree, RequestKind kind, RequestSketch sketch) {
    long most = -1;
    boolean unbounded = false;
    boolean exact = false;
    double n = 1;
    int prompts = 1;
    for (Map.Entry<String, JsonNode> member : tree.properties()) {
      JsonNode value = member.getValue();
      if (kind.isBound(member.getKey().toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT))) {
        exact |= kind.isBound(member.getKey());
        unbounded |= !value.isNumber() || value.doubleValue() <= 0;
        most = Math.max(most, tokens(value));
      } else if (named(member, "n", "best_of") && value.isNumber()) {
        n = Math.max(n, Math.ceil(value.doubleValue()));
      } else if (named(member, "prompt") && value.isArray() && kind != RequestKind.RESPONSE) {
        int texts = 0;
        boolean numbers = false;
        for (JsonNode item : value) {
          texts += item.isNumber() ? 0 : 1;
          numbers |= item.isNumber();
        }
        prompts = Math.max(prompts, texts + (numbers ? 1 : 0));
      }
    }
    most = Math.max(most, thinking(tree));
    assertThat(sketch.maxTokens())
        .isEqualTo(unbounded || !exact ? OptionalLong.empty() : OptionalLong.of(most));
    assertThat(sketch.n()).isEqualTo((int) Math.min(n * prompts, RequestSketch.MOST_ANSWERS));
  }

  private static long thinking(JsonNode tree) {
    long most = -1;
    for (Map.Entry<String, JsonNode> member : tree.properties()) {
      if (named(member, "reasoning", "thinking") && member.getValue().isObject()) {
        for (Map.Entry<String, JsonNode> inner : member.getValue().properties()) {
          if (named(inner, "max_tokens", "budget_tokens")) {
            most = Math.max(most, tokens(inner.getValue()));
          }
        }
      }
    }
    return most;
  }

  private static long tokens(JsonNode value) {
    double ceiling = Math.ceil(value.isNumber() ? value.doubleValue() : 0);
    return (long) Math.min(ceiling, RequestSketch.MOST_TOKENS);
  }
}
