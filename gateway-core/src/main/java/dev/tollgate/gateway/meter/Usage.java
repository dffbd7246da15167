package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Tokens;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What an upstream says an answer took.
 *
 * @param cost in all; with {@code byok} what the customer's own provider key paid included
 * @param tokens where it said them
 * @param byok whether the answer was made with a provider key of the customer's own
 */
public record Usage(Cost cost, Tokens tokens, boolean byok) {
  /**
   * Numbers may be as long as what holds them: an absurd cost must be told from an unreadable one.
   * NaN and its like are no JSON, yet there are serialisers that write them.
   */
  static final JsonFactory JSON =
      Json.factory()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNumberLength(Integer.MAX_VALUE).build())
          .build();

  /** A whole number of so many characters fits a long. */
  private static final int LONG_CHARACTERS = 18;

  /**
   * Reads a {@code usage} object of the chat, completions, responses, messages or embeddings
   * routes. What is no JSON object is a usage of unreadable cost.
   *
   * @param cap in dollars; a cost above it is absurd
   */
  public static Usage of(byte[] json, BigDecimal cap) {
    return of(json, 0, json.length, cap);
  }

  static Usage of(byte[] json, int offset, int length, BigDecimal cap) {
    try (JsonParser parser = JSON.createParser(json, offset, length)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        Fields fields = new Fields(cap);
        fields.readObject(parser);
        return fields.usage();
      }
    } catch (IOException e) {
      // Said below: the reader of the entry sees what it was.
    }
    return unreadable(json, offset, length);
  }

  /** The usage that was there but cannot be read. */
  private static Usage unreadable(byte[] json, int offset, int length) {
    int few = Math.min(length, Cost.LITERAL_CHARACTERS);
    String text = new String(json, offset, few, StandardCharsets.UTF_8);
    return new Usage(Cost.unreadable(text), Tokens.NONE, false);
  }

  /**
   * This after an earlier one of the same answer: cost and all are this one's, but token numbers
   * that only the earlier one has stay. A messages stream says its prompt tokens at the start and
   * the rest at the end.
   */
  Usage after(@Nullable Usage earlier) {
    if (earlier == null) {
      return this;
    }
    long prompt = tokens.input() < 0 ? earlier.tokens.input() : tokens.input();
    long completion = tokens.output() < 0 ? earlier.tokens.output() : tokens.output();
    return new Usage(cost, new Tokens(prompt, completion), byok);
  }

  /** The members of a usage object, or of a generation, as they are come upon. */
  static final class Fields {
    private final BigDecimal cap;
    private Cost cost = Cost.none();
    private Cost upstreamCost = Cost.none();
    private boolean byok;
    private long prompt = Tokens.UNKNOWN;
    private long completion = Tokens.UNKNOWN;
    private long otherPrompt = Tokens.UNKNOWN;
    private long otherCompletion = Tokens.UNKNOWN;
    private String model = "";

    Fields(BigDecimal cap) {
      this.cap = cap;
    }

    Usage usage() {
      Cost all = byok ? cost.plusUpstream(upstreamCost, cap) : cost;
      Tokens tokens =
          new Tokens(
              prompt < 0 ? otherPrompt : prompt, completion < 0 ? otherCompletion : completion);
      return new Usage(all, tokens, byok);
    }

    String model() {
      return model;
    }

    /** Reads the members of a usage object; the parser is at its beginning. */
    void readObject(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (name) {
          case "cost" -> cost = cost(parser, value);
          case "is_byok" -> byok = value == JsonToken.VALUE_TRUE;
          case "cost_details" -> readDetails(parser, value);
          case "prompt_tokens" -> prompt = tokens(parser, value);
          case "input_tokens" -> otherPrompt = tokens(parser, value);
          case "completion_tokens" -> completion = tokens(parser, value);
          case "output_tokens" -> otherCompletion = tokens(parser, value);
          default -> {}
        }
        parser.skipChildren();
      }
    }

    /** Reads the members of a generation's {@code data}; the parser is at its beginning. */
    void readGeneration(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (name) {
          case "total_cost" -> cost = cost(parser, value);
          case "is_byok" -> byok = value == JsonToken.VALUE_TRUE;
          case "upstream_inference_cost" -> upstreamCost = cost(parser, value);
          case "native_tokens_prompt" -> prompt = tokens(parser, value);
          case "tokens_prompt" -> otherPrompt = tokens(parser, value);
          case "native_tokens_completion" -> completion = tokens(parser, value);
          case "tokens_completion" -> otherCompletion = tokens(parser, value);
          case "model" -> model = value == JsonToken.VALUE_STRING ? model(parser) : "";
          default -> {}
        }
        parser.skipChildren();
      }
    }

    private void readDetails(JsonParser parser, JsonToken value) throws IOException {
      upstreamCost = Cost.none();
      if (value != JsonToken.START_OBJECT) {
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken detail = parser.nextToken();
        if (name.equals("upstream_inference_cost")) {
          upstreamCost = cost(parser, detail);
        }
        parser.skipChildren();
      }
    }

    private Cost cost(JsonParser parser, JsonToken value) throws IOException {
      if (value == JsonToken.VALUE_NULL) {
        return Cost.none();
      }
      return value.isNumeric() ? Cost.of(parser.getText(), cap) : Cost.unreadable(parser.getText());
    }

    private static String model(JsonParser parser) throws IOException {
      return Text.bounded(parser.getText(), JsonScanner.MODEL_CHARACTERS);
    }

    private static long tokens(JsonParser parser, JsonToken value) throws IOException {
      if (value != JsonToken.VALUE_NUMBER_INT || parser.getTextLength() > LONG_CHARACTERS) {
        return Tokens.UNKNOWN;
      }
      return Math.max(Long.parseLong(parser.getText()), Tokens.UNKNOWN);
    }
  }
}
