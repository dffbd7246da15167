package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.http.RouteTable.Match;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {
  private record Entry(String method, String path) {}

  private static final RouteTable<Entry> TABLE =
      new RouteTable<>(
          List.of(
              new Entry("GET", "/{a}/{b}"),
              new Entry("GET", "/{a}/one"),
              new Entry("GET", "/two/one"),
              new Entry("POST", "/two/one"),
              new Entry("DELETE", "/{a}/{b}")),
          Entry::method,
          Entry::path,
          Pattern.compile("[a-z]+"));

  private static Match.Found<Entry> found(String method, String path) {
    return (Match.Found<Entry>) TABLE.find(method, path);
  }

  @Test
  void fewerParametersGoFirst() {
    assertThat(found("GET", "/two/one").route().path()).isEqualTo("/two/one");
    assertThat(found("GET", "/three/one").route().path()).isEqualTo("/{a}/one");
    assertThat(found("GET", "/three/four").route().path()).isEqualTo("/{a}/{b}");
  }

  @Test
  void aParameterHasTheNameInTheBraces() {
    assertThat(found("GET", "/x/y").parameters()).isEqualTo(Map.of("a", "x", "b", "y"));
    assertThat(found("GET", "/two/one").parameters()).isEmpty();
    assertThat(PathTemplate.fill("/b/{b}/{c}", Map.of("b", "y"))).isEqualTo("/b/y/{c}");
  }

  @Test
  void headIsServedAsGet() {
    assertThat(found("HEAD", "/two/one").route().method()).isEqualTo("GET");
  }

  @Test
  void anotherMethodIsToldWhichThereAre() {
    assertThat(TABLE.find("PUT", "/two/one"))
        .isInstanceOfSatisfying(
            Match.OtherMethod.class,
            other -> assertThat(other.allow()).isEqualTo("GET, HEAD, POST, OPTIONS"));
    assertThat(TABLE.find("OPTIONS", "/x/y"))
        .isInstanceOfSatisfying(
            Match.OtherMethod.class,
            other -> assertThat(other.allow()).isEqualTo("DELETE, GET, HEAD, OPTIONS"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/x", "/x/", "/x/y/", "/x/y/z", "//y", "/x/Y", "/{a}/{b}"})
  void whatDoesNotMatchIsUnknown(String path) {
    assertThat(TABLE.find("GET", path)).isInstanceOf(Match.Unknown.class);
  }
}
