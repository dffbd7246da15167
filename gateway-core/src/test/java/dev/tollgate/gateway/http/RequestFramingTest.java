package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.InServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What containers let through differs; here a wrapper says what one has let through. */
class RequestFramingTest {
  private static final String HOST = "Host: a";

  /** A request with these headers alone. */
  private static final class With extends HttpServletRequestWrapper {
    private final String protocol;
    private final List<String> headers;

    With(HttpServletRequest request, String protocol, List<String> headers) {
      super(request);
      this.protocol = protocol;
      this.headers = headers;
    }

    @Override
    public String getProtocol() {
      return protocol;
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      List<String> values = new ArrayList<>();
      for (String header : headers) {
        if (header.startsWith(name + ":")) {
          values.add(header.substring(name.length() + 1));
        }
      }
      return Collections.enumeration(values);
    }
  }

  private static String fault(String protocol, List<String> headers) throws Exception {
    return InServlet.ask(
        request -> RequestFraming.fault(new With(request, protocol, headers)).orElse("none"));
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        Arguments.of("none", List.of(HOST)),
        Arguments.of("none", List.of(HOST, "Content-Length: 5")),
        Arguments.of("none", List.of(HOST, "Transfer-Encoding: chunked")),
        Arguments.of("none", List.of(HOST, "Transfer-Encoding: CHUNKED")),
        Arguments.of(
            "Content-Length with Transfer-Encoding",
            List.of(HOST, "Content-Length: 5", "Transfer-Encoding: chunked")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length: 5", "Content-Length: 6")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length: 5", "Content-Length: 5")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length: 5, 5")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length: +5")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length: -5")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length: 0x5")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length:")),
        Arguments.of("Content-Length", List.of(HOST, "Content-Length: " + "9".repeat(19))),
        Arguments.of("Transfer-Encoding", List.of(HOST, "Transfer-Encoding: identity")),
        Arguments.of("Transfer-Encoding", List.of(HOST, "Transfer-Encoding: xchunked")),
        Arguments.of("Transfer-Encoding", List.of(HOST, "Transfer-Encoding: gzip, chunked")),
        Arguments.of(
            "Transfer-Encoding",
            List.of(HOST, "Transfer-Encoding: chunked", "Transfer-Encoding: identity")),
        Arguments.of("Host", List.of()),
        Arguments.of("Host", List.of(HOST, "Host: b")));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultIsNamed(String fault, List<String> headers) throws Exception {
    assertThat(fault("HTTP/1.1", headers)).isEqualTo(fault);
  }

  @Test
  void aClientOfTheFirstVersionNeedsNoHost() throws Exception {
    assertThat(fault("HTTP/1.0", List.of())).isEqualTo("none");
  }

  @Test
  void laterVersionsHaveFramesOfTheirOwn() throws Exception {
    assertThat(fault("HTTP/2.0", List.of("Content-Length: 5"))).isEqualTo("none");
  }
}
