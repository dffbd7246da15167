package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an upstream says of an earlier request, and the decimal numbers it says it in. */
public class GenerationFuzzTest {
  private static final Pattern SHORT =
      Pattern.compile(
          "[+-]?(?:[0-9]{1,14}(?:\\.[0-9]{0,14})?|\\.[0-9]{1,14})(?:[eE][+-]?0{0,30}[0-9])?");
  private static final BigDecimal HUGE = BigDecimal.TEN.pow(30);

  @FuzzTest
  public void anyAnswerIsAGenerationAsItsTreeReads(byte[] input) {
    checkDecimal(new String(input, UTF_8));
    Optional<Generation> read = Generation.read(input, UsageTapFuzzTest.CAP);
    JsonNode data;
    try {
      data = Json.isUtf8(input) ? UsageTapFuzzTest.STRICT.readTree(input).path("data") : null;
    } catch (IOException | NumberFormatException e) {
      // The second of Jackson's tree alone, for an exponent with many digits.
      return;
    }
    if (data != null) {
      assertThat(read.isPresent()).isEqualTo(data.isObject());
      read.ifPresent(generation -> check(generation, data));
    }
  }

  private static void check(Generation generation, JsonNode data) {
    boolean byok = UsageTapFuzzTest.isTrue(data.path("is_byok"));
    UsageTapFuzzTest.checkCost(
        generation.cost(),
        data,
        "total_cost",
        byok ? data.path("upstream_inference_cost") : data.path("-"));
    Optional<Long> prompt = UsageTapFuzzTest.tokens(data.path("native_tokens_prompt"));
    if (prompt.isPresent() && prompt.get() >= 0) {
      assertThat(generation.tokens().input()).isEqualTo(prompt.get());
    }
    String model = data.path("model").asText("");
    if (data.path("model").isTextual() && model.matches("[ -~]{0,200}")) {
      assertThat(generation.model()).isEqualTo(model);
    }
    assertThat(generation.model().length()).isLessThanOrEqualTo(AnswerReader.MODEL_CHARACTERS);
    assertThat(generation.cost().literal().length()).isLessThanOrEqualTo(Cost.LITERAL_CHARACTERS);
    assertThat(generation.model() + generation.cost().literal()).doesNotContain("\n", "\r", "\0");
  }

  private static void checkDecimal(String text) {
    Optional<BigDecimal> number = Decimal.read(text);
    Matcher matcher = SHORT.matcher(text);
    if (matcher.matches()) {
      assertThat(number.orElseThrow()).isEqualByComparingTo(new BigDecimal(text));
    }
    // Cheap to work with, whatever was written.
    number.ifPresent(
        value -> {
          assertThat(value.scale()).isBetween(-31, 30);
          assertThat(value.abs()).isLessThanOrEqualTo(HUGE);
        });
  }
}
