package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HopByHopTest {
  @Test
  void noConnectionHeaderNamesNothing() {
    assertThat(HopByHop.namedBy(List.of())).isEmpty();
  }

  @Test
  void namesOfAllConnectionHeadersAreTakenInLowerCase() {
    assertThat(HopByHop.namedBy(List.of("Close, X-A", " x-b ,\tX-C")))
        .containsExactlyInAnyOrder("close", "x-a", "x-b", "x-c");
  }

  @Test
  void aNameThatIsRepeatedIsTakenOnce() {
    assertThat(HopByHop.namedBy(List.of("X-A, x-a", "X-A"))).containsExactly("x-a");
  }

  @Test
  void controlCharactersBesideANameDoNotSaveIt() {
    assertThat(HopByHop.namedBy(List.of("close,\u001fX-A\u0000, X-B\u000b")))
        .containsExactlyInAnyOrder("close", "x-a", "x-b");
  }
}
