package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class CreditTest {
  @Test
  void aBlankIdIsRefused() {
    assertThatThrownBy(() -> new Credit(" ", "prj_1", new Money(1), "", Instant.EPOCH))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAmountOfZeroIsRefused() {
    assertThatThrownBy(() -> new Credit("c1", "prj_1", Money.ZERO, "", Instant.EPOCH))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
