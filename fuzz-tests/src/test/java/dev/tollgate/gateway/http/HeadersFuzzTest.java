package dev.tollgate.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Any headers and any query. The first line of the input are the operator's additional header
 * names, the second one is the query, each further one a header, in which {@code \r}, {@code \n}
 * and {@code \0} stand for what no line can have. No container lets these pass; a filter of the
 * application around the gateway might.
 */
public class HeadersFuzzTest {
  private static final String PROJECT = "project_name";

  /** Written down anew, for a list that is tested against itself finds nothing. */
  private static final Set<String> NEVER_UPSTREAM =
      Set.of(
          "authorization",
          "cookie",
          "x-api-key",
          "host",
          "content-length",
          "expect",
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authentication-info",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  private static final Set<String> NEVER_TO_THE_CLIENT =
      Set.of(
          "set-cookie",
          "set-cookie2",
          "alt-svc",
          "strict-transport-security",
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authentication-info",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  private static final Set<String> ALWAYS_UPSTREAM =
      Set.of("accept", "accept-language", "content-type", "content-encoding", "user-agent");

  @FuzzTest
  public void nothingPassesThatMustNot(byte[] input) {
    String[] lines = new String(input, UTF_8).split("[\r\n]", -1);
    List<Header> headers = new ArrayList<>();
    for (int i = 2; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        headers.add(
            new Header(unescaped(lines[i].substring(0, colon)), value(lines[i], colon + 1)));
      }
    }
    checkRequest(lines[0], headers);
    checkAnswer(headers);
    checkFraming(headers);
    if (lines.length > 1) {
      checkQuery(lines[1]);
    }
  }

  private static String value(String line, int from) {
    return unescaped(line.substring(from).strip());
  }

  private static String unescaped(String text) {
    return text.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
  }

  private static void checkRequest(String extra, List<Header> received) {
    RequestHeaders rules;
    try {
      rules = new RequestHeaders(extra.isBlank() ? List.of() : Arrays.asList(extra.split(",")));
    } catch (IllegalArgumentException e) {
      rules = new RequestHeaders(List.of());
    }
    Set<String> connection = namedByConnection(received);
    for (boolean metered : new boolean[] {true, false}) {
      List<Header> sent;
      try {
        sent = rules.select(request(received), metered, true);
      } catch (IllegalArgumentException e) {
        assertThat(received)
            .anySatisfy(header -> assertThat(isOneLine(header)).as("one line").isFalse());
        assertThat(String.valueOf(e.getMessage())).doesNotContain("\r", "\n", "\0");
        continue;
      }
      int own = metered ? 1 : 0;
      List<Header> theirs = sent.subList(0, sent.size() - own);
      for (Header header : theirs) {
        assertThat(times(header, theirs)).isEqualTo(times(header, received));
        String name = header.name().toLowerCase(Locale.ROOT);
        assertThat(NEVER_UPSTREAM).doesNotContain(name);
        assertThat(connection).doesNotContain(name);
        assertThat(metered && name.equals("accept-encoding")).isFalse();
        assertThat(name).doesNotStartWith("x-openrouter-cache");
        assertThat(isOneLine(header)).as("one line").isTrue();
      }
      for (Header header : received) {
        String name = header.name().toLowerCase(Locale.ROOT);
        if (ALWAYS_UPSTREAM.contains(name) && connection.isEmpty()) {
          assertThat(times(header, sent)).isPositive();
        }
      }
    }
  }

  /** A request may list a name in two spellings; which one goes upstream does not matter. */
  private static long times(Header header, List<Header> headers) {
    return headers.stream()
        .filter(
            other ->
                other.name().equalsIgnoreCase(header.name())
                    && other.value().equals(header.value()))
        .count();
  }

  private static boolean isOneLine(Header header) {
    return (header.name() + header.value()).chars().noneMatch(c -> c == 0 || c == 10 || c == 13);
  }

  private static Set<String> namedByConnection(List<Header> headers) {
    Set<String> names = new LinkedHashSet<>();
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase("connection")) {
        for (String name : header.value().split(",")) {
          names.add(name.trim().toLowerCase(Locale.ROOT));
        }
      }
    }
    return names;
  }

  private static void checkAnswer(List<Header> headers) {
    // The client that reads the upstream's answer refuses another length by itself.
    List<Header> upstream =
        headers.stream()
            .filter(
                header ->
                    !header.name().equalsIgnoreCase("content-length")
                        || header.value().matches("[0-9]{1,18}"))
            .toList();
    Set<String> connection = namedByConnection(upstream);
    List<Header> copied = new ArrayList<>();
    ResponseHeaders.copy(upstream, response(copied), 200);
    for (Header header : copied) {
      String name = header.name().toLowerCase(Locale.ROOT);
      assertThat(NEVER_TO_THE_CLIENT).doesNotContain(name);
      assertThat(connection).doesNotContain(name);
      assertThat(name).doesNotStartWith("access-control-");
    }
    List<Header> expected = new ArrayList<>();
    for (Header header : upstream) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (!NEVER_TO_THE_CLIENT.contains(name)
          && connection.isEmpty()
          && !name.equals("content-length")
          && !name.startsWith("access-control-")) {
        expected.add(header);
      }
    }
    assertThat(copied).containsAll(expected);
  }

  private static void checkFraming(List<Header> headers) {
    List<String> lengths = values(headers, "content-length");
    List<String> codings = values(headers, "transfer-encoding");
    boolean clear =
        (lengths.isEmpty() || codings.isEmpty())
            && lengths.size() <= 1
            && codings.size() <= 1
            && values(headers, "host").size() == 1
            && lengths.stream().allMatch(length -> length.trim().matches("[0-9]{1,18}"))
            && codings.stream().allMatch(coding -> coding.trim().equalsIgnoreCase("chunked"));
    assertThat(RequestFraming.fault(request(headers)).isEmpty()).isEqualTo(clear);
  }

  private static void checkQuery(String raw) {
    RawQuery query = RawQuery.parse(raw);
    List<Optional<String>> values = new ArrayList<>();
    for (String part : raw.split("&")) {
      String[] sides = part.split("=", 2);
      if (!part.isEmpty() && decoded(sides[0]).equals(Optional.of(PROJECT))) {
        values.add(decoded(sides.length < 2 ? "" : sides[1]));
      }
    }
    assertThat(query.values(PROJECT)).isEqualTo(values);
    String rest = query.without(PROJECT);
    assertThat(RawQuery.parse(rest).values(PROJECT)).isEmpty();
    if (query.isWellFormedExcept(PROJECT)) {
      assertThat(URI.create("https://a.example/b?" + rest).getRawQuery()).isEqualTo(rest);
    }
  }

  private static Optional<String> decoded(String text) {
    byte[] raw = text.getBytes(UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] == '%') {
        int high = i + 2 < raw.length ? Character.digit((char) raw[i + 1], 16) : -1;
        int low = i + 2 < raw.length ? Character.digit((char) raw[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          return Optional.empty();
        }
        bytes.write(high * 16 + low);
        i += 2;
      } else {
        bytes.write(raw[i] == '+' ? ' ' : raw[i]);
      }
    }
    try {
      return Optional.of(
          UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static List<String> values(List<Header> headers, String name) {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase(name))
        .map(Header::value)
        .toList();
  }

  private static HttpServletRequest request(List<Header> headers) {
    Set<String> names = new LinkedHashSet<>();
    headers.forEach(header -> names.add(header.name()));
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            HeadersFuzzTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getProtocol" -> "HTTP/1.1";
                  case "getHeaderNames" -> Collections.enumeration(names);
                  case "getHeaders" ->
                      Collections.enumeration(values(headers, (String) arguments[0]));
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static HttpServletResponse response(List<Header> copied) {
    return (HttpServletResponse)
        Proxy.newProxyInstance(
            HeadersFuzzTest.class.getClassLoader(),
            new Class<?>[] {HttpServletResponse.class},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "setHeader" -> {
                  copied.removeIf(header -> header.name().equalsIgnoreCase((String) arguments[0]));
                  copied.add(new Header((String) arguments[0], (String) arguments[1]));
                }
                case "addHeader" ->
                    copied.add(new Header((String) arguments[0], (String) arguments[1]));
                case "setContentLengthLong" ->
                    copied.add(new Header("content-length", arguments[0].toString()));
                default -> throw new UnsupportedOperationException(method.getName());
              }
              return null;
            });
  }
}
