package dev.tollgate.gateway.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How OpenRouter answers embeddings: numbers, or their bytes in base64. */
final class EmbeddingAnswers {
  /** Each input's; exact as floats. */
  static final float[] VECTOR = {0.25f, -0.5f, 1.0f};

  private EmbeddingAnswers() {}

  static void answer(Call call) throws IOException {
    JsonNode input = call.body().path("input");
    boolean base64 = call.body().path("encoding_format").asText().equals("base64");
    String vector = base64 ? '"' + base64() + '"' : Arrays.toString(VECTOR);
    String data =
        IntStream.range(0, input.isArray() ? input.size() : 1)
            .mapToObj(
                i -> "{\"object\":\"embedding\",\"index\":" + i + ",\"embedding\":" + vector + "}")
            .collect(Collectors.joining(","));
    String cost = call.book(0);
    call.json(
        """
        {"object":"list","data":[%s],"model":"%s","id":"embd-1","provider":"Acme",\
        "usage":{"prompt_tokens":%d,"total_tokens":%d,"cost":%s,"is_byok":false,\
        "cost_details":{"upstream_inference_cost":%s}}}"""
            .formatted(data, call.model(), Call.PROMPT_TOKENS, Call.PROMPT_TOKENS, cost, cost));
  }

  private static String base64() {
    ByteBuffer bytes =
        ByteBuffer.allocate(VECTOR.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : VECTOR) {
      bytes.putFloat(number);
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
