package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.sse.EventStreamParserFuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Any answer: nothing is thrown, little is kept, and how it is split does not matter; where Jackson
 * can read all of it, the usage is the one that Jackson sees last.
 *
 * <p>The first byte of the input chooses the coding, the second one the type, the rest is the body.
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
  private static final long LARGE = 10_000_000_000_000_000L;
  private static final String[] TYPES = {null, "application/json", "text/event-stream"};
  private static final Pattern PADDING =
      Pattern.compile("(?:[ \n\r\t\u00EF\u00BB\u00BF]|:[^\n\r]*+(?:[\n\r]|$))*+");

  @FuzzTest
  public void anyAnswerIsReadTheSameHoweverItIsSplit(byte[] input) throws IOException {
    if (input.length < 2) {
      return;
    }
    String type = TYPES[(input[1] & 0xFF) % TYPES.length];
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
    Reading reading = read(type, coding, body, null);
    check(read(type, coding, body, new int[] {1}), reading, "byte by byte");
    for (int seed = 0; seed < 2; seed++) {
      int[] pieces = new Random(seed).ints(7, 0, 70).toArray();
      check(read(type, coding, body, pieces), reading, Arrays.toString(pieces));
    }
    if (input[0] % 6 < 4) {
      checkAgainstJackson(plain, type, reading);
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
  private static Reading read(String type, String coding, byte[] body, int[] pieces) {
    UsageTap tap = UsageTap.of(type, coding, CAP);
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

  private static void checkAgainstJackson(byte[] plain, String type, Reading reading) {
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
          collect(STRICT.readTree(("    " + document).getBytes(ISO_8859_1)), usages);
        }
      }
    } catch (IOException | NumberFormatException e) {
      // The second of Jackson's tree alone, for an exponent with many digits.
      return;
    }
    assertThat(reading.usage().isPresent())
        .as("whether there is usage")
        .isEqualTo(!usages.isEmpty());
    if (!usages.isEmpty()) {
      JsonNode last = usages.get(usages.size() - 1);
      Usage usage = reading.usage().orElseThrow();
      assertThat(usage.byok())
          .isEqualTo(last.path("is_byok").equals(STRICT.getNodeFactory().booleanNode(true)));
      JsonNode upstream =
          usage.byok() ? last.path("cost_details").path("upstream_inference_cost") : last.path("-");
      checkCost(usage.cost(), last.path("cost"), upstream);
      checkTokens(usage.tokens().input(), usages, "prompt_tokens", "input_tokens");
      checkTokens(usage.tokens().output(), usages, "completion_tokens", "output_tokens");
    }
  }

  private static void collect(JsonNode document, List<JsonNode> usages) {
    for (Map.Entry<String, JsonNode> member : document.properties()) {
      boolean answer = member.getKey().equals("response") || member.getKey().equals("message");
      JsonNode usage = answer ? member.getValue().path("usage") : member.getValue();
      if ((answer || member.getKey().equals("usage")) && usage.isObject()) {
        usages.add(usage);
      }
    }
  }

  /**
   * @param upstream what is added to it; missing: nothing is
   */
  static void checkCost(Cost cost, JsonNode node, JsonNode upstream) {
    if (node.isMissingNode() || node.isNull()) {
      assertThat(cost).isEqualTo(Cost.none());
    } else if (!node.isNumber()) {
      assertThat(cost).isInstanceOf(Cost.Missing.class).isNotEqualTo(Cost.none());
    } else if (isOrdinary(node) && (!upstream.isNumber() || isOrdinary(upstream))) {
      BigDecimal own = node.decimalValue();
      BigDecimal more = upstream.isNumber() ? upstream.decimalValue() : BigDecimal.ZERO;
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

  /** Whether arithmetic with it is cheap and exact. */
  private static boolean isOrdinary(JsonNode number) {
    BigDecimal value = number.decimalValue();
    return value.precision() < FEW_DIGITS && Math.abs(value.scale()) < FEW_DIGITS;
  }

  private static void checkTokens(
      long tokens, List<JsonNode> usages, String name, String otherName) {
    long expected = -1;
    for (JsonNode usage : usages) {
      Optional<Long> own = tokens(usage.path(name));
      Optional<Long> other = tokens(usage.path(otherName));
      if (own.isEmpty() || other.isEmpty()) {
        return;
      }
      long said = own.get() < 0 ? other.get() : own.get();
      expected = said < 0 ? expected : said;
    }
    assertThat(tokens).as(name).isEqualTo(expected);
  }

  /** Empty: so large that either reading will do. */
  static Optional<Long> tokens(JsonNode node) {
    if (!node.isIntegralNumber()) {
      return Optional.of(-1L);
    }
    boolean ordinary = node.canConvertToLong() && Math.abs(node.longValue()) < LARGE;
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
