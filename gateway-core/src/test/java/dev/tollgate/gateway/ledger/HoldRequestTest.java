package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HoldRequestTest {
  private static HoldRequest request(String id, long nanos) {
    return new HoldRequest(
        id,
        "prj_1",
        "key_1",
        new Money(nanos),
        HoldMode.BOUNDED,
        Markup.NONE,
        "",
        "upk_1",
        null,
        Instant.EPOCH);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " "})
  void aBlankIdIsRefused(String id) {
    assertThatThrownBy(() -> request(id, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void anAmountOfNothingIsRefused(long nanos) {
    assertThatThrownBy(() -> request("h1", nanos)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNanoCanBeAskedFor() {
    request("h1", 1);
  }
}
