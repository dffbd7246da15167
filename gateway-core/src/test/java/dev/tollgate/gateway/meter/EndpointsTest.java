package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointsTest {
  private static final String THREE =
      entry("deepinfra/fp8", "DeepInfra", "1", "9")
          + ","
          + entry("deepinfra/bf16", "DeepInfra", "2", "7")
          + ","
          + entry("azure", "Azure", "5", "3");

  private static String entry(String tag, String provider, String prompt, String completion) {
    return "{'tag':'%s','provider_name':'%s','pricing':{'prompt':'%s','completion':'%s'}}"
        .formatted(tag, provider, prompt, completion);
  }

  private static Endpoints endpoints(String entries) {
    String json = "{'data':{'id':'a/b','endpoints':[" + entries + "]}}";
    return Endpoints.read(json.replace('\'', '"').getBytes(UTF_8), EndpointsTest::price);
  }

  private static Optional<ModelPrice> price(JsonNode entry) {
    JsonNode pricing = entry.path("pricing");
    return pricing.has("unknown")
        ? Optional.empty()
        : Optional.of(
            new ModelPrice(
                new BigDecimal(pricing.path("prompt").asText()),
                new BigDecimal(pricing.path("completion").asText()),
                BigDecimal.ZERO,
                null,
                10,
                100));
  }

  private static ProviderChoice choice(String provider) {
    String body = "{'model':'a/b','provider':" + provider + "}";
    return RequestSketch.of(body.replace('\'', '"').getBytes(UTF_8), RequestKind.CHAT, null)
        .provider();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      delimiter = '|',
      value = {
        "{} | 5 | 9",
        "{'only':['deepinfra']} | 2 | 9",
        "{'only':['DeepInfra/FP8']} | 1 | 9",
        "{'only':['AZURE']} | 5 | 3",
        "{'only':['deepinfra/bf16','azure']} | 5 | 7",
        "{'ignore':['azure']} | 2 | 9",
        "{'ignore':['deepinfra/fp8']} | 5 | 7",
        "{'ignore':['deepinfra','azure']} | 5 | 9",
        "{'only':['nobody']} | 5 | 9",
        "{'order':['azure']} | 5 | 9",
        "{'order':['azure'],'allow_fallbacks':false} | 5 | 3",
        "{'order':['azure'],'allow_fallbacks':false,'only':['deepinfra']} | 5 | 9",
        "{'max_price':{'prompt':2000000}} | 2 | 9",
        "{'max_price':{'prompt':'2000000','completion':'7000000'}} | 2 | 7",
        "{'max_price':{'prompt':0.5}} | 5 | 9"
      })
  void thePriceIsTheDearestOfWhatTheRequestAllows(
      String provider, BigDecimal prompt, BigDecimal completion) {
    ModelPrice dearest = endpoints(THREE).dearest(choice(provider)).orElseThrow();

    assertThat(dearest.prompt()).isEqualByComparingTo(prompt);
    assertThat(dearest.completion()).isEqualByComparingTo(completion);
  }

  @Test
  void anAllowedEndpointOfUnknownPriceLeavesThePriceUnknown() {
    String unknown = "{'tag':'x','provider_name':'X','pricing':{'unknown':1}}";
    Endpoints endpoints = endpoints(THREE + "," + unknown);

    assertThat(endpoints.dearest(ProviderChoice.ANY)).isEmpty();
    assertThat(endpoints.dearest(choice("{'only':['azure']}"))).isPresent();
  }

  @Test
  void anEndpointWithACheaperHourOrDiscountIsNotExcludedByItsPrice() {
    String entries =
        "{'tag':'x','pricing':{'prompt':'4','completion':'0','overrides':[{'prompt':'1'}]}},"
            + "{'tag':'y','pricing':{'prompt':'8','completion':'0','discount':0.9}},"
            + "{'tag':'z','pricing':{'prompt':'9','completion':'0'}}";

    assertThat(
            endpoints(entries)
                .dearest(choice("{'max_price':{'prompt':1000000}}"))
                .map(ModelPrice::prompt))
        .contains(new BigDecimal("8"));
  }

  @Test
  void noEndpointsAreAnEmptyList() {
    assertThat(endpoints("").isEmpty()).isTrue();
    assertThat(endpoints("").dearest(ProviderChoice.ANY)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>",
        "[]",
        "{\"data\":{}}",
        "{\"data\":{\"endpoints\":null}}",
        "{\"data\":{\"endpoints\":[]}",
        "{\"data\":{\"endpoints\":[1e9999999999]}}"
      })
  void whatIsNoListOfEndpointsIsRefused(String json) {
    assertThatThrownBy(() -> Endpoints.read(json.getBytes(UTF_8), EndpointsTest::price))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
