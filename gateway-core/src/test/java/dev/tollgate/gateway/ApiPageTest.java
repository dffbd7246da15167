package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The requests and answers on docs/api.md, sent and compared in their order. What the upstream
 * answers is taken from the page, too: where a request is relayed, the page shows its bytes.
 */
class ApiPageTest {
  private static final Pattern BLOCK = Pattern.compile("```http\n(.*?)\n```\n", Pattern.DOTALL);
  private static final Pattern HASH = Pattern.compile("\"hash\":\"(\\w+)\"");
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** A request and its answer, as the page has them. */
  private record Example(
      String method,
      String target,
      List<String> headers,
      String body,
      int status,
      List<String> answerHeaders,
      String answer) {
    static Example parse(String block) {
      int answer = block.indexOf("HTTP/1.1 ");
      String[] request = block.substring(0, answer).strip().split("\n\n", 2);
      List<String> head = List.of(request[0].split("\n"));
      String[] line = head.get(0).split(" ");
      String[] reply = block.substring(answer).split("\n\n", 2);
      List<String> replyHead = List.of(reply[0].split("\n"));
      return new Example(
          line[0],
          line[1],
          head.subList(1, head.size()),
          request.length > 1 ? request[1] : "",
          Integer.parseInt(replyHead.get(0).substring("HTTP/1.1 ".length())),
          replyHead.subList(1, replyHead.size()),
          reply.length > 1 ? reply[1] : "");
    }

    String path() {
      return target.replaceFirst("\\?.*", "").replace("$HASH", "a1b2c3d4");
    }

    boolean isRelayed() {
      return status == 200
          && Route.find(method, path()) instanceof Route.Match.Found found
          && found.route().relayed();
    }

    /** As the upstream sends it: a block of the page has no empty line at its end. */
    String relayedBody() {
      return answer.startsWith(":") ? answer + "\n" : answer;
    }
  }

  private static List<Example> examples() throws IOException {
    List<Example> examples = new ArrayList<>();
    Matcher block = BLOCK.matcher(Files.readString(Path.of("..", "docs", "api.md")));
    while (block.find()) {
      examples.add(Example.parse(block.group(1)));
    }
    return examples;
  }

  private static void answer(Example example, Connection connection, int generation)
      throws IOException {
    boolean stream = example.answerHeaders.contains("Content-Type: text/event-stream");
    String type = stream ? "text/event-stream" : "application/json";
    String id = example.method.equals("POST") ? "X-Generation-Id: gen-" + generation + "\r\n" : "";
    String body = example.relayedBody();
    connection.write("HTTP/1.1 200 X\r\nContent-Type: " + type + "\r\n" + id + "Content-Length: ");
    connection.write(body.length() + "\r\n\r\n" + body);
  }

  /** What stands for anything is matched by anything, all else to the letter. */
  private static Pattern pattern(String text) {
    return Pattern.compile(Pattern.quote(text).replace("...", "\\E[^\"\\s]+\\Q"));
  }

  @Test
  void everyRequestOnThePageIsAnsweredAsThePageSays(@TempDir Path directory) throws Exception {
    List<Example> examples = examples();
    String models =
        examples.stream()
            .filter(example -> example.path().equals("/api/v1/models"))
            .findFirst()
            .orElseThrow()
            .answer;
    AtomicInteger priceLists = new AtomicInteger();
    AtomicInteger generations = new AtomicInteger();
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.background(
          (request, connection) -> {
            connection.write(ScriptedUpstream.json(200, models));
            priceLists.incrementAndGet();
          });
      try (RunningGateway gateway = RunningGateway.start(directory, upstream.baseUrl())) {
        Keys keys = Keys.of(gateway);
        await().atMost(Duration.ofSeconds(10)).until(() -> priceLists.get() > 0);
        for (Example example : examples) {
          if (example.isRelayed()) {
            int generation = example.method.equals("POST") ? generations.incrementAndGet() : 0;
            upstream.script((request, connection) -> answer(example, connection, generation));
          }
          HttpResponse<String> answer = send(example, gateway, keys);
          assertAnswer(example, answer);
          keys = keys.after(example, answer);
          if (example.isRelayed()) {
            assertThat(upstream.take()).extracting(Received::method).isEqualTo(example.method);
          }
          assertThat(upstream.waiting()).as(example.toString()).isZero();
        }
      }
    }
  }

  private static void assertAnswer(Example example, HttpResponse<String> answer) {
    String name = example.method + " " + example.target;
    assertThat(answer.body())
        .as(name)
        .matches(pattern(example.isRelayed() ? example.relayedBody() : example.answer));
    assertThat(answer.statusCode()).as(name).isEqualTo(example.status);
    for (String header : example.answerHeaders) {
      String[] parts = header.split(": ", 2);
      assertThat(answer.headers().firstValue(parts[0]).orElse(""))
          .as(name + " " + parts[0])
          .matches(pattern(parts[1]));
    }
  }

  /**
   * What stands for the texts on the page that begin with a dollar sign.
   *
   * @param made the hash of the key that the page makes last; null: it has made none
   */
  private record Keys(String key, String management, String poor, @Nullable String made) {
    static Keys of(RunningGateway gateway) {
      // The page's project is the testkit's.
      gateway.setBalance("5");
      String management =
          gateway
              .admin()
              .createKey(
                  RunningGateway.PROJECT,
                  new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE))
              .key()
              .reveal();
      return new Keys(gateway.key(), management, Tenant.of(gateway, "0").key(), null);
    }

    Keys after(Example example, HttpResponse<String> answer) {
      Matcher hash = HASH.matcher(answer.body());
      return example.status == 201 && hash.find()
          ? new Keys(key, management, poor, hash.group(1))
          : this;
    }

    String fill(String text) {
      return text.replace("$KEY", key)
          .replace("$MANAGEMENT_KEY", management)
          .replace("$POOR_KEY", poor)
          .replace("$HASH", String.valueOf(made))
          .replace("$TODAY", LocalDate.now(ZoneOffset.UTC).toString());
    }
  }

  private static HttpResponse<String> send(Example example, RunningGateway gateway, Keys keys)
      throws Exception {
    URI uri = gateway.uri(keys.fill(example.target));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(
                example.method,
                example.body.isEmpty()
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(example.body));
    for (String header : example.headers) {
      String[] parts = header.split(": ", 2);
      request.header(parts[0], keys.fill(parts[1]));
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void everyRouteHasAnExample() throws Exception {
    Set<String> shown = new TreeSet<>();
    for (Example example : examples()) {
      if (Route.find(example.method, example.path()) instanceof Route.Match.Found found) {
        shown.add(found.route().method() + " " + found.route().path());
      }
    }
    Set<String> served = new TreeSet<>();
    Route.all().forEach(route -> served.add(route.method() + " " + route.path()));

    assertThat(shown).isEqualTo(served);
  }
}
