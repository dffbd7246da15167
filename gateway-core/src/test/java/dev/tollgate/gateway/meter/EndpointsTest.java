package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
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
    return Endpoints.read(json.replace('\'', '"').getBytes(UTF_8));
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

    assertThat(dearest.base().input()).isEqualByComparingTo(prompt);
    assertThat(dearest.base().output()).isEqualByComparingTo(completion);
  }

  @Test
  void anAllowedEndpointOfUnknownPriceLeavesThePriceUnknown() {
    String unknown = "{'tag':'x','provider_name':'X','pricing':{'prompt':'-1'}}";
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
                .map(price -> price.base().input()))
        .contains(new BigDecimal("8"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"endpoints\":null}", "{\"endpoints\":[]}"})
  void noEndpointsAreAnEmptyList(String data) {
    Endpoints none = Endpoints.read(("{\"data\":" + data + "}").getBytes(UTF_8));

    assertThat(none.isEmpty()).isTrue();
    assertThat(none.dearest(ProviderChoice.ANY)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>",
        "[]",
        "{\"data\":{\"endpoints\":[]}",
        "{\"data\":{\"endpoints\":[1e9999999999]}}"
      })
  void whatIsNoListOfEndpointsIsRefused(String json) {
    assertThatThrownBy(() -> Endpoints.read(json.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
