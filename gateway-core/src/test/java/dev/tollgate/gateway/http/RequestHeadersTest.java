package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tollgate.gateway.testkit.InServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadersTest {
  private static List<String> selected(List<String> extra, boolean metered, String... headers)
      throws Exception {
    RequestHeaders rules = new RequestHeaders(extra);
    return InServlet.ask(
        request ->
            rules.select(request, metered, false).stream()
                .map(header -> header.name() + ": " + header.value())
                .toList(),
        headers);
  }

  @Test
  void aNameThatIsNotAllowedDoesNotPass() throws Exception {
    assertThat(selected(List.of(), false, "X-Custom: 1", "Origin: https://a.example")).isEmpty();
  }

  @Test
  void anExtraNamePassesInWhateverCase() throws Exception {
    assertThat(selected(List.of(" X-CUSTOM "), false, "x-Custom: 1", "X-Custom-2: 2"))
        .containsExactly("x-Custom: 1");
  }

  @Test
  void anExtraPrefixPassesAllThatBeginsWithIt() throws Exception {
    assertThat(selected(List.of("X-Cus*"), false, "X-Custom: 1", "X-Cus: 2", "X-Cu: 3"))
        .containsExactly("X-Custom: 1", "X-Cus: 2");
  }

  @Test
  void everyValueOfARepeatedHeaderPasses() throws Exception {
    assertThat(selected(List.of(), false, "Accept: a/b", "Accept: c/d, e/f"))
        .containsExactly("Accept: a/b", "Accept: c/d, e/f");
  }

  @Test
  void whatChoosesWhoIsBilledPassesBesideAProjectsOwnKeyAlone() throws Exception {
    RequestHeaders rules = new RequestHeaders(List.of("OpenAI-Organization", "Anthropic-*"));
    for (boolean ownKey : new boolean[] {true, false}) {
      List<String> sent =
          InServlet.ask(
              request -> rules.select(request, false, ownKey).stream().map(h -> h.name()).toList(),
              "OpenAI-Organization: org-1",
              "openai-project: proj-1",
              "Anthropic-Workspace-Id: wrk-1",
              "OpenAI-Beta: x",
              "Anthropic-Version: 1");
      assertThat(sent)
          .containsExactlyElementsOf(
              ownKey
                  ? List.of(
                      "OpenAI-Organization",
                      "openai-project",
                      "Anthropic-Workspace-Id",
                      "OpenAI-Beta",
                      "Anthropic-Version")
                  : List.of("OpenAI-Beta", "Anthropic-Version"));
    }
  }

  @Test
  void whatConnectionNamesDoesNotPass() throws Exception {
    assertThat(
            selected(
                List.of("X-Custom"),
                false,
                "X-Custom: 1",
                "X-Title: Shop",
                "Connection: keep-alive",
                "Connection: x-custom , X-TITLE"))
        .isEmpty();
  }

  @Test
  void aMeteredCallAsksForAnUncompressedAnswer() throws Exception {
    assertThat(selected(List.of(), true, "Accept-Encoding: gzip", "Accept-Encoding: br"))
        .containsExactly("Accept-Encoding: identity");
  }

  @Test
  void anUnmeteredCallKeepsTheClientsEncodings() throws Exception {
    assertThat(selected(List.of(), false, "Accept-Encoding: gzip"))
        .containsExactly("Accept-Encoding: gzip");
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-*", "x-a*", "x-api-ke*"})
  void noPrefixLetsTheApiKeyThrough(String rule) throws Exception {
    assertThat(selected(List.of(rule), false, "X-API-Key: tg_a")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-*", "X-Open*", "X-OpenRouter-*", "X-OpenRouter-Ca*"})
  void noPrefixLetsTheCacheFamilyThrough(String rule) throws Exception {
    assertThat(
            selected(List.of(rule), false, "X-OpenRouter-Cache: true", "X-OpenRouter-Cache-TTL: 5"))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a*", "c*", "p*", "t*", "u*", "k*", "h*", "e*"})
  void noPrefixLetsACredentialOrAHopByHopHeaderThrough(String rule) throws Exception {
    assertThat(
            selected(
                List.of(rule),
                true,
                "Authorization: Bearer a",
                "Cookie: a=b",
                "Proxy-Authorization: Basic YQ==",
                "Proxy-Connection: keep-alive",
                "TE: trailers",
                "Trailer: X-A",
                "Keep-Alive: timeout=5",
                "Content-Length: 0"))
        .containsExactly("Accept-Encoding: identity");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization",
        "authorization*",
        "Cookie",
        "X-API-Key",
        "x-api-key*",
        "Host",
        "Content-Length",
        "Expect",
        "Accept-Encoding",
        "Connection",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "HTTP2-Settings"
      })
  void aCredentialAHopByHopHeaderOrOneOfTheGatewaysOwnIsRefused(String rule) {
    assertThatThrownBy(() -> new RequestHeaders(List.of("X-Custom", rule)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'" + rule + "' is never relayed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "*", "**", "*x", "x*y", "x y", "x:", "x\r\ny", "\u00e9", "a/b"})
  void whatIsNoHeaderNameOrPrefixIsRefused(String rule) {
    assertThatThrownBy(() -> new RequestHeaders(List.of(rule)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not a header name or prefix*");
  }

  /** Found by the fuzzer: nothing but the containers had kept these from going upstream. */
  @ParameterizedTest
  @ValueSource(strings = {"a\r\nX-Api-Key: b", "a\nb", "a\rb", "\0"})
  void aHeaderOfMoreThanALineIsRefusedWithoutRepeatingIt(String value) throws Exception {
    RequestHeaders rules = new RequestHeaders(List.of());
    Throwable refusal =
        InServlet.ask(
            request ->
                catchThrowable(() -> rules.select(new Retitled(request, value), true, false)),
            "X-Title: Shop");
    assertThat(refusal)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a header holds CR, LF or NUL");
  }

  /** Found by the fuzzer: a Content-Type would have gone upstream twice. */
  @Test
  void aNameListedInTwoSpellingsGoesUpstreamOnce() throws Exception {
    RequestHeaders rules = new RequestHeaders(List.of());
    List<Header> sent =
        InServlet.ask(
            request -> rules.select(new ListedTwice(request), false, false),
            "Content-Type: text/plain");
    assertThat(sent).containsExactly(new Header("Content-Type", "text/plain"));
  }

  /** What a filter does that adds its own names to those that were received. */
  private static final class ListedTwice extends HttpServletRequestWrapper {
    ListedTwice(HttpServletRequest request) {
      super(request);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
      List<String> names = Collections.list(super.getHeaderNames());
      names.add("content-type");
      return Collections.enumeration(names);
    }
  }

  /** What a filter of the application around the gateway could do. */
  private static final class Retitled extends HttpServletRequestWrapper {
    private final String title;

    Retitled(HttpServletRequest request, String title) {
      super(request);
      this.title = title;
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return name.equals("X-Title")
          ? Collections.enumeration(List.of(title))
          : super.getHeaders(name);
    }
  }
}
