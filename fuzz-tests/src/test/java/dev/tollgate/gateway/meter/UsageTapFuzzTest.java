package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.sse.EventStreamParserFuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Any answer: nothing is thrown, little is kept, and how it is split does not matter; where Jackson
 * can read all of it, the usage is the one that Jackson sees last.
 *
 * <p>The first byte of the input chooses the coding, the second one the type and the protocol, the
 * rest is the body.
 */
public class UsageTapFuzzTest {
  static final BigDecimal CAP = new BigDecimal(1000);

  /** No member twice: of those the tap and a tree each have their own idea. */
  static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final int MOST_RETAINED_BYTES = 80 << 10;
  private static final int FEW_DIGITS = 25;
  private static final long LARGE = 1_000_000_000_000L;
  private static final String[] TYPES = {null, "application/json", "text/event-stream"};
  private static final Pattern PADDING =
      Pattern.compile("(?:[ \n\r\t\u00EF\u00BB\u00BF]|:[^\n\r]*+(?:[\n\r]|$))*+");

  @FuzzTest
  public void anyAnswerIsReadTheSameHoweverItIsSplit(byte[] input) throws IOException {
    if (input.length < 2) {
      return;
    }
    String type = TYPES[(input[1] & 0xFF) % TYPES.length];
    RequestKind[] kinds = RequestKind.values();
    RequestKind kind = kinds[(input[1] & 0xFF) / TYPES.length % kinds.length];
    byte[] plain = Arrays.copyOfRange(input, 2, input.length);
    byte[] body = plain;
    String coding = null;
    switch (input[0] % 6) {
      case 1 -> {
        coding = "gzip";
        body = gzip(plain);
      }
      case 2 -> {
        coding = "deflate";
        body = deflate(plain, false);
      }
      case 3 -> {
        coding = "deflate";
        body = deflate(plain, true);
      }
      case 4 -> coding = "gzip";
      case 5 -> coding = "deflate";
      default -> {}
    }
    Reading reading = read(kind, type, coding, body, null);
    check(read(kind, type, coding, body, new int[] {1}), reading, "byte by byte");
    for (int seed = 0; seed < 2; seed++) {
      int[] pieces = new Random(seed).ints(7, 0, 70).toArray();
      check(read(kind, type, coding, body, pieces), reading, Arrays.toString(pieces));
    }
    if (input[0] % 6 < 4) {
      checkAgainstJackson(kind, plain, type, reading);
    }
  }

  private static void check(Reading split, Reading whole, String how) {
    if (!split.equals(whole)) {
      assertThat(split).as(how).isEqualTo(whole);
    }
  }

  /**
   * @param pieces how many bytes come at once, over and over; null: all of them
   */
  private static Reading read(
      RequestKind kind, String type, String coding, byte[] body, int[] pieces) {
    UsageTap tap = UsageTap.of(kind, type, coding, CAP);
    int piece = 0;
    for (int at = 0; at < body.length; piece++) {
      int length = pieces == null ? body.length : pieces[piece % pieces.length];
      ByteBuffer bytes = ByteBuffer.wrap(body, at, Math.min(length, body.length - at));
      at += bytes.remaining();
      tap.feed(piece % 3 == 2 ? ByteBuffer.allocateDirect(70).put(bytes).flip() : bytes);
      assertThat(tap.retainedBytes()).isLessThan(MOST_RETAINED_BYTES);
    }
    tap.end();
    assertThat(tap.hadFault()).as("a fault inside").isFalse();
    return tap.reading();
  }

  private static void checkAgainstJackson(
      RequestKind kind, byte[] plain, String type, Reading reading) {
    if (!Json.isUtf8(plain)) {
      return;
    }
    String text = new String(plain, ISO_8859_1);
    Matcher padding = PADDING.matcher(text);
    String rest = padding.lookingAt() ? text.substring(padding.end()) : text;
    boolean json =
        rest.startsWith("{")
            || rest.startsWith("[")
            || ("application/json".equals(type) && rest.matches("(?s)[0-9\"\\-tfn].*"));
    List<JsonNode> usages = new ArrayList<>();
    try {
      for (String document : json ? List.of(rest) : EventStreamParserFuzzTest.naive(rest)) {
        if (!document.isBlank() && !document.equals("[DONE]")) {
          // Of its bytes: Jackson's parser of characters takes U+0130 for the digit 0 of an escape.
          // Behind spaces they are not guessed to be UTF-16.
          collect(kind, STRICT.readTree(("    " + document).getBytes(ISO_8859_1)), usages);
        }
      }
    } catch (IOException | NumberFormatException e) {
      // The second of Jackson's tree alone, for an exponent with many digits.
      return;
    }
    assertThat(reading.usage().isPresent())
        .as("whether there is usage")
        .isEqualTo(!usages.isEmpty());
    // A usage of zeros after another one changes nothing.
    if (!usages.isEmpty() && usages.stream().skip(1).allMatch(UsageTapFuzzTest::hasNumber)) {
      JsonNode last = usages.get(usages.size() - 1);
      Usage usage = reading.usage().orElseThrow();
      assertThat(usage.byok()).isEqualTo(isTrue(last.path("is_byok")));
      checkCost(
          usage.cost(),
          last,
          "cost",
          usage.byok()
              ? last.path("cost_details").path("upstream_inference_cost")
              : last.path("-"));
      checkTokens(usage.consumption(kind, 0).tokens(), usages, kind);
    }
  }

  static boolean isTrue(JsonNode node) {
    return node.isBoolean() && node.booleanValue();
  }

  /** Whether a number that is read in every protocol is not zero; others may not be usage. */
  private static boolean hasNumber(JsonNode usage) {
    return Stream.of("cost", "prompt_tokens")
        .map(usage::path)
        .anyMatch(node -> node.isNumber() && node.decimalValue().signum() != 0);
  }

  /** The usages of a document, in their order, from the places that its protocol has for them. */
  private static void collect(RequestKind kind, JsonNode document, List<JsonNode> usages) {
    boolean chat = kind == RequestKind.CHAT || kind == RequestKind.COMPLETION;
    for (Map.Entry<String, JsonNode> member : document.properties()) {
      JsonNode value = member.getValue();
      switch (member.getKey()) {
        case "usage" -> addUsage(value, usages);
        case "x_groq" -> addUsage(value.path(chat ? "usage" : "-"), usages);
        case "response" ->
            addUsage(value.path(kind == RequestKind.RESPONSE ? "usage" : "-"), usages);
        case "message" -> addUsage(value.path(kind == RequestKind.MESSAGE ? "usage" : "-"), usages);
        case "choices" -> {
          if (chat && value.isArray()) {
            value.forEach(choice -> collectOfChoice(choice, usages));
          }
        }
        default -> {}
      }
    }
  }

  private static void collectOfChoice(JsonNode choice, List<JsonNode> usages) {
    for (Map.Entry<String, JsonNode> member : choice.properties()) {
      switch (member.getKey()) {
        case "usage" -> addUsage(member.getValue(), usages);
        case "message", "delta" -> addUsage(member.getValue().path("usage"), usages);
        default -> {}
      }
    }
  }

  private static void addUsage(JsonNode usage, List<JsonNode> usages) {
    if (usage.isObject()) {
      usages.add(usage);
    }
  }

  /**
   * @param object what has the cost as a member {@code name}, or in ticks
   * @param upstream what is added to it; missing: nothing is
   */
  static void checkCost(Cost cost, JsonNode object, String name, JsonNode upstream) {
    JsonNode node = amount(object.path(name));
    JsonNode ticks = object.path("cost_in_usd_ticks");
    boolean inTicks = !node.isNumber() && ticks.isNumber();
    JsonNode number = inTicks ? ticks : node;
    JsonNode added = amount(upstream);
    if (!number.isNumber()) {
      boolean there = !object.path(name).isMissingNode() && !object.path(name).isNull();
      assertThat(cost)
          .isInstanceOfSatisfying(
              Cost.Missing.class, missing -> assertThat(missing.isUnreadable()).isEqualTo(there));
    } else if (isOrdinary(number) && (!added.isNumber() || isOrdinary(added))) {
      BigDecimal own = number.decimalValue().movePointLeft(inTicks ? Cost.TICK_DIGITS : 0);
      BigDecimal more = added.isNumber() ? added.decimalValue() : BigDecimal.ZERO;
      BigDecimal sum = own.add(more);
      if (own.signum() < 0
          || own.compareTo(CAP) > 0
          || more.signum() < 0
          || sum.compareTo(CAP) > 0) {
        assertThat(cost).isInstanceOf(Cost.Invalid.class);
      } else {
        assertThat(cost)
            .isInstanceOfSatisfying(
                Cost.Known.class, known -> assertThat(known.dollars()).isEqualByComparingTo(sum));
      }
    }
  }

  /** Of a cost that is an object, its total, else its dollars. */
  private static JsonNode amount(JsonNode cost) {
    return !cost.isObject()
        ? cost
        : cost.hasNonNull("total_cost") ? cost.path("total_cost") : cost.path("usd");
  }

  /** Whether arithmetic with it is cheap and exact. */
  private static boolean isOrdinary(JsonNode number) {
    BigDecimal value = number.decimalValue();
    return value.precision() < FEW_DIGITS && Math.abs(value.scale()) < FEW_DIGITS;
  }

  /** Checks the tokens of usages that have no parts. */
  private static void checkTokens(Tokens tokens, List<JsonNode> usages, RequestKind kind) {
    Set<String> names = new HashSet<>();
    usages.forEach(usage -> usage.fieldNames().forEachRemaining(names::add));
    names.removeAll(Set.of("cost", "is_byok", "cost_details"));
    if (kind != RequestKind.EMBEDDING
        && Set.of("prompt_tokens", "completion_tokens").containsAll(names)) {
      count(usages, "prompt_tokens").ifPresent(n -> assertThat(tokens.input()).isEqualTo(n));
      count(usages, "completion_tokens").ifPresent(n -> assertThat(tokens.output()).isEqualTo(n));
    }
  }

  /** The last count above zero, else zero, else -1. Empty: one is written in an unusual way. */
  private static Optional<Long> count(List<JsonNode> usages, String name) {
    long last = -1;
    for (JsonNode usage : usages) {
      Optional<Long> count = tokens(usage.path(name));
      if (count.isEmpty()) {
        return count;
      }
      last = count.get() > 0 ? count.get() : Math.max(last, count.get());
    }
    return Optional.of(last);
  }

  /** A whole number; -1: there is none. Empty: it is written in an unusual way. */
  static Optional<Long> tokens(JsonNode node) {
    if (node.isMissingNode() || node.isNull() || node.isBoolean() || node.isContainerNode()) {
      return Optional.of(-1L);
    }
    boolean ordinary =
        node.isIntegralNumber() && node.canConvertToLong() && Math.abs(node.longValue()) < LARGE;
    return ordinary ? Optional.of(Math.max(-1, node.longValue())) : Optional.empty();
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] deflate(byte[] body, boolean bare) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, bare);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }
}
