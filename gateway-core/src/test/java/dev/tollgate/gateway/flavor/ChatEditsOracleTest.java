package dev.tollgate.gateway.flavor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tollgate.gateway.flavor.RandomChat.Piece;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Random bodies against two oracles: one that edits the pieces which a body was made of and knows
 * every byte of the result, and one that edits the tree which a body reads as.
 */
class ChatEditsOracleTest {
  private static final int BODIES = 12_000;
  private static final int SPOILT = 20_000;

  private static final String MARKS = "{}[],:\"\\ue+-.07 \t\n\0ntf/";

  private static final ModelAliases ALIASES =
      ModelAliases.parse("alias/one=acme/one.1, alias/o=openai/o9");
  private static final Map<String, String> ALIASED =
      Map.of(
          "alias/one", "acme/one.1",
          "alias/one:free", "acme/one.1:free",
          "alias/o", "openai/o9",
          "alias/o:nitro", "openai/o9:nitro");
  private static final Set<String> REFUSE_MAX_TOKENS =
      Set.of(
          "openai/gpt-5.4",
          "openai/o3-mini",
          "openai/o4-mini:free",
          "o3",
          "gpt-5",
          "openai/o9",
          "openai/o9:nitro");

  private static final List<ChatEdits> EDITS =
      List.of(new ChatEdits(ALIASES, false), new ChatEdits(ALIASES, true));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonFactory STRICT = new JsonFactory();

  /**
   * Jackson's parser of characters looks at eight bits of each, and so takes U+0130 for the digit 0
   * of an escape.
   */
  private static final Pattern BAD_ESCAPE =
      Pattern.compile("(?<!\\\\)(\\\\\\\\)*\\\\u(?![0-9a-fA-F]{4})");

  @Test
  void everyByteOfARandomBodyIsWhereItShouldBe() {
    int changed = 0;
    for (int seed = 0; seed < BODIES; seed++) {
      for (int asks = 0; asks < 2; asks++) {
        byte[] body = RandomChat.body(new Random(seed)).bytes();
        RandomChat expected = RandomChat.body(new Random(seed));
        editPieces(expected, asks == 1);
        byte[] result = EDITS.get(asks).apply(body);
        assertThat(new String(result, UTF_8))
            .as("seed %d, asks %d: %s", seed, asks, new String(body, UTF_8))
            .isEqualTo(expected.toString());
        changed += result == body ? 0 : 1;
      }
    }
    assertThat(changed).isBetween(BODIES, 2 * BODIES - BODIES / 10);
  }

  @Test
  void theResultReadsAsItShould() throws IOException {
    for (int seed = 0; seed < BODIES; seed++) {
      for (int asks = 0; asks < 2; asks++) {
        RandomChat chat = RandomChat.body(new Random(seed));
        ObjectNode expected = (ObjectNode) JSON.readTree(chat.bytes());
        editTree(expected, chat, asks == 1);
        assertThat(JSON.readTree(EDITS.get(asks).apply(chat.bytes())))
            .as("seed %d, asks %d: %s", seed, asks, chat)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void whatWasEditedOnceIsNotEditedAgain() {
    for (int seed = 0; seed < BODIES; seed++) {
      for (ChatEdits edits : EDITS) {
        byte[] once = edits.apply(RandomChat.body(new Random(seed)).bytes());
        assertThat(edits.apply(once)).as("seed %d", seed).isSameAs(once);
      }
    }
  }

  @Test
  void aSpoiltBodyIsMalformedWheneverAnotherParserSaysSo() {
    int refused = 0;
    for (int seed = 0; seed < SPOILT; seed++) {
      Random random = new Random(seed);
      byte[] body = RandomChat.body(random).bytes();
      for (int times = 1 + random.nextInt(3); times > 0; times--) {
        body = spoilt(body, random);
      }
      ChatEdits edits = EDITS.get(random.nextInt(2));
      Optional<byte[]> result = edited(edits, body, seed);
      assertThat(result.isPresent())
          .as("seed %d: %s", seed, new String(body, UTF_8))
          .isEqualTo(isOneObject(body));
      if (result.isPresent()) {
        assertThat(isOneObject(result.get())).as("result of seed %d", seed).isTrue();
        assertThat(edits.apply(result.get())).as("seed %d", seed).isSameAs(result.get());
      } else {
        refused++;
      }
    }
    assertThat(refused).isBetween(SPOILT / 4, SPOILT - SPOILT / 20);
  }

  @Test
  void everyBeginningOfABodyIsMalformed() {
    for (int seed = 0; seed < 300; seed++) {
      byte[] body = RandomChat.body(new Random(seed)).toString().strip().getBytes(UTF_8);
      for (int length = 0; length < body.length; length++) {
        byte[] beginning = new byte[length];
        System.arraycopy(body, 0, beginning, 0, length);
        assertThat(edited(EDITS.get(1), beginning, seed))
            .as("%d of seed %d", length, seed)
            .isEmpty();
      }
    }
  }

  /** Quadratic time would be 256 times as long, linear time is 16 times. */
  @Test
  void aLongBodyTakesItsLengthInTime() {
    List<IntFunction<String>> shapes =
        List.of(
            n -> "{\"user\":\"" + "a".repeat(n) + "\"}",
            n -> "{\"model\":\"" + "\\u0061".repeat(n / 6) + "\"}",
            n -> "{\"model\":\"o" + "1".repeat(n) + "x\"}",
            n -> "{\"" + "max_tokens\":null,\"".repeat(n / 18) + "\":1}",
            n ->
                "{\"stream\":true,\"stream_options\":{\""
                    + "include_usage\":0,\"".repeat(n / 18)
                    + "\":1}}",
            n -> "{\"stream_options\":[" + "[[]],".repeat(n / 5) + "1]}",
            n -> "{\"models\":[" + "\"o3\",".repeat(n / 5) + "1]}",
            n -> "{\"messages\":[" + "{\"content\":\"\u4e2d\"},".repeat(n / 18) + "1]}",
            n -> "{" + " ".repeat(n) + "}");
    for (int shape = 0; shape < shapes.size(); shape++) {
      byte[] small = shapes.get(shape).apply(1 << 16).getBytes(UTF_8);
      byte[] large = shapes.get(shape).apply(1 << 20).getBytes(UTF_8);
      long most = 0;
      for (int warmUp = 0; warmUp < 20; warmUp++) {
        most = Math.max(most, nanos(small));
      }
      assertThat(nanos(large))
          .as("nanoseconds for 1 MiB of shape %d", shape)
          .isLessThan(100 * Math.max(most, 200_000));
    }
  }

  private static long nanos(byte[] body) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      assertThat(EDITS.get(1).apply(body)).isNotEmpty();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }

  private static void editPieces(RandomChat chat, boolean asks) {
    Piece model = chat.last("model");
    Piece models = chat.last("models");
    String decides = "";
    if (model != null && model.text != null) {
      decides = ALIASED.getOrDefault(model.text, model.text);
      model.value = decides.equals(model.text) ? model.value : "\"" + decides + "\"";
    } else if (models != null && models.text != null) {
      decides = models.text;
    }
    boolean refuses = REFUSE_MAX_TOKENS.contains(decides);
    Piece capOfAll = chat.last("max_tokens");
    Piece capOfSome = chat.last("max_completion_tokens");
    boolean none = isNone(capOfAll) && isNone(capOfSome);
    int added = 0;
    if (none && (refuses ? capOfSome : capOfAll) != null) {
      (refuses ? capOfSome : capOfAll).value = "4096";
    } else if (none) {
      chat.pieces.add(
          added++, Piece.plain(refuses ? "max_completion_tokens" : "max_tokens", "4096"));
    } else if (refuses && capOfSome == null) {
      capOfAll.spelledName = "\"max_completion_tokens\"";
    }
    Piece stream = chat.last("stream");
    if (!asks || stream == null || !stream.value.equals("true")) {
      return;
    }
    Piece options = chat.last("stream_options");
    if (options == null) {
      chat.pieces.add(added, Piece.plain("stream_options", "{\"include_usage\":true}"));
    } else if (options.object != null && options.object.last("include_usage") == null) {
      options.object.pieces.add(0, Piece.plain("include_usage", "true"));
    }
  }

  private static boolean isNone(Piece cap) {
    return cap == null || cap.value.equals("null");
  }

  private static void editTree(ObjectNode chat, RandomChat pieces, boolean asks)
      throws IOException {
    String model = chat.path("model").textValue();
    if (model == null) {
      String first = chat.path("models").path(0).textValue();
      model = first == null ? "" : first;
    } else if (ALIASED.containsKey(model)) {
      model = ALIASED.get(model);
      chat.put("model", model);
    }
    String right = REFUSE_MAX_TOKENS.contains(model) ? "max_completion_tokens" : "max_tokens";
    if (!chat.hasNonNull("max_tokens") && !chat.hasNonNull("max_completion_tokens")) {
      chat.put(right, 4096);
    } else if (right.equals("max_completion_tokens") && !chat.has(right)) {
      chat.set(right, chat.remove("max_tokens"));
      // Of several the last was renamed, and the one before is seen now.
      List<Piece> all = pieces.pieces.stream().filter(p -> p.name.equals("max_tokens")).toList();
      if (all.size() > 1) {
        chat.set("max_tokens", JSON.readTree(all.get(all.size() - 2).value));
      }
    }
    if (asks && chat.path("stream").isBoolean() && chat.path("stream").booleanValue()) {
      if (!chat.has("stream_options")) {
        chat.putObject("stream_options").put("include_usage", true);
      } else if (chat.path("stream_options") instanceof ObjectNode options
          && !options.has("include_usage")) {
        options.put("include_usage", true);
      }
    }
  }

  /** Empty: malformed. */
  private static Optional<byte[]> edited(ChatEdits edits, byte[] body, int seed) {
    try {
      return Optional.of(edits.apply(body));
    } catch (MalformedBodyException e) {
      return Optional.empty();
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError("seed " + seed + ": " + new String(body, UTF_8), e);
    }
  }

  private static byte[] spoilt(byte[] body, Random random) {
    int at = random.nextInt(body.length + 1);
    int to = Math.min(body.length, at + random.nextInt(6));
    ByteArrayOutputStream spoilt = new ByteArrayOutputStream();
    spoilt.write(body, 0, at);
    switch (random.nextInt(6)) {
      case 0 -> to = at;
      case 1 -> to = body.length;
      case 2 -> spoilt.write(random.nextInt(256));
      case 3 -> spoilt.write(MARKS.charAt(random.nextInt(MARKS.length())));
      case 4 -> {
        spoilt.write(body, at, to - at);
        to = at;
      }
      default -> {}
    }
    spoilt.write(body, to, body.length - to);
    return spoilt.toByteArray();
  }

  /** What Jackson's other parser, the one of characters, says of strictly decoded UTF-8. */
  static boolean isOneObject(byte[] body) {
    try {
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      if (BAD_ESCAPE.matcher(text).find()) {
        return false;
      }
      try (JsonParser parser =
          STRICT.createParser(text.startsWith("\ufeff") ? text.substring(1) : text)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          return false;
        }
        parser.skipChildren();
        return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
      }
    } catch (IOException e) {
      return false;
    }
  }
}
