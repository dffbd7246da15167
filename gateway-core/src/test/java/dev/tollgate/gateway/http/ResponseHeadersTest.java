package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.InServlet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseHeadersTest {
  private static List<String> copied(int status, Header... upstream) throws Exception {
    return InServlet.exchange(
            (request, response) -> {
              response.setStatus(status);
              ResponseHeaders.copy(List.of(upstream), response, status);
            })
        .lines()
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Set-Cookie",
        "SET-COOKIE2",
        "alt-svc",
        "Strict-Transport-Security",
        "Access-Control-Allow-Origin",
        "access-control-x",
        "Proxy-Authenticate",
        "Proxy-Authentication-Info",
        "Upgrade",
        "Trailer"
      })
  void whatSpeaksForTheUpstreamsSiteOrConnectionIsWithheld(String name) throws Exception {
    assertThat(copied(200, new Header(name, "withheld"), new Header("X-A", "1")))
        .contains("X-A: 1")
        .noneMatch(line -> line.contains("withheld"));
  }

  @Test
  void valuesOfOneNameKeepTheirOrderWhateverTheirCase() throws Exception {
    assertThat(copied(200, new Header("X-A", "1"), new Header("x-a", "2")))
        .filteredOn(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("x-a"))
        .extracting(line -> line.substring(line.indexOf(' ') + 1))
        .containsExactly("1", "2");
  }

  @Test
  void theUpstreamsDateReplacesTheContainers() throws Exception {
    assertThat(copied(200, new Header("Date", "Mon, 01 Jan 2024 00:00:00 GMT")))
        .filteredOn(line -> line.startsWith("Date:"))
        .containsExactly("Date: Mon, 01 Jan 2024 00:00:00 GMT");
  }

  @Test
  void aNoContentAnswerHasNoLength() throws Exception {
    assertThat(copied(204, new Header("Content-Length", "0")))
        .noneMatch(line -> line.startsWith("Content-Length"));
  }

  @Test
  void aHeaderDoesNotPrintItsValue() {
    assertThat(new Header("Authorization", "Bearer secret")).hasToString("Authorization: ***");
  }
}
