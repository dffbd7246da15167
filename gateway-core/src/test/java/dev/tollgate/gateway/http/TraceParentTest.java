package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-" + TRACE + "-00f067aa0ba902b7-01",
        " 00-" + TRACE + "-00f067aa0ba902b7-00\t",
        "00-" + TRACE + "-00f067aa0ba902b7-ff",
        "01-" + TRACE + "-00f067aa0ba902b7-01",
        "cc-" + TRACE + "-00f067aa0ba902b7-01-what-the-future-will-be-like"
      })
  void aValidHeaderNamesItsTrace(String header) {
    assertThat(TraceParent.traceId(header)).isEqualTo(TRACE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-aa-bb-01",
        TRACE,
        "ff-" + TRACE + "-00f067aa0ba902b7-01",
        "00-" + TRACE + "-00f067aa0ba902b7-01-more",
        "00-" + TRACE + "-00f067aa0ba902b7-01-",
        "cc-" + TRACE + "-00f067aa0ba902b7-01.more",
        "00-" + TRACE + "-00f067aa0ba902b7",
        "00-" + TRACE + "-00f067aa0ba902b7-1",
        "00-" + TRACE + "-0000000000000000-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473\u06f3-00f067aa0ba902b7-01",
        "00-" + TRACE + "-00f067aa0ba902b7-01\nid=made-up"
      })
  void anythingElseNamesNone(String header) {
    assertThat(TraceParent.traceId(header)).isNull();
  }

  @Test
  void noHeaderNamesNone() {
    assertThat(TraceParent.traceId(null)).isNull();
  }
}
