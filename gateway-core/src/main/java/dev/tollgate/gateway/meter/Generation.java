package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * An answer of OpenRouter's {@code GET /generation}: the cost and tokens of an earlier request.
 *
 * @param cost the total cost
 * @param tokens in the normal form
 * @param model the model that answered, at most 200 characters; possibly empty
 */
record Generation(Cost cost, Tokens tokens, String model) {
  /**
   * Reads an answer.
   *
   * @param cap in dollars; a cost above it is absurd
   * @return empty if {@code json} is not a JSON object with an object {@code data}
   */
  static Optional<Generation> read(byte[] json, BigDecimal cap) {
    return UsageFields.read(json, 0, json.length)
        .filter(fields -> fields.find("data").filter(UsageFields.Field::isObject).isPresent())
        .map(
            fields ->
                new Generation(
                    Usage.cost(fields, "data.", "total_cost", "upstream_inference_cost", cap),
                    tokens(fields),
                    Text.bounded(
                        fields.find("data.model").map(UsageFields.Field::text).orElse(""),
                        AnswerReader.MODEL_CHARACTERS)));
  }

  /** Native tokens take precedence, because the upstream bills by them. */
  private static Tokens tokens(UsageFields fields) {
    return new Tokens(
        fields.count("data.native_tokens_prompt", "data.tokens_prompt"),
        fields.count("data.native_tokens_cached"),
        Tokens.UNKNOWN,
        fields.count("data.native_tokens_completion", "data.tokens_completion"),
        fields.count("data.native_tokens_reasoning"));
  }
}
