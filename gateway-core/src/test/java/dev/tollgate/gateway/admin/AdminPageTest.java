package dev.tollgate.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.http.RouteTable.Match;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/admin.md says what the gateway answers: its requests are sent one after the other. */
class AdminPageTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("(?m)^    ([A-Z]+) /admin/v1(\\S+)\n(?:    (\\{.*)\n)?    -> (\\d+) (.*)$");
  private static final Pattern KEY_ID = Pattern.compile("tgm?_[a-z0-9]{8}(?![a-z0-9])");

  private record Example(String method, String path, String body, int status, String answer) {}

  private static List<Example> examples() throws Exception {
    Matcher matcher = EXAMPLE.matcher(Files.readString(Path.of("..", "docs", "admin.md")));
    List<Example> examples = new ArrayList<>();
    while (matcher.find()) {
      examples.add(
          new Example(
              matcher.group(1),
              matcher.group(2),
              matcher.group(3),
              Integer.parseInt(matcher.group(4)),
              matcher.group(5)));
    }
    return examples;
  }

  @Test
  void eachRequestOnThePageIsAnsweredAsThePageSays(@TempDir Path directory) throws Exception {
    try (Gateway gateway =
            RunningGateway.build(
                directory,
                URI.create("http://127.0.0.1:9"),
                Map.of("tollgate.admin.token", AdminClient.TOKEN));
        JettyContainer container = new JettyContainer("/", 30_000, gateway::install)) {
      List<String> wrong = new ArrayList<>();
      Map<String, String> ids = new HashMap<>();
      for (Example example : examples()) {
        HttpResponse<String> answer = send(container.port(), example, ids);
        String shown = plain(example.answer());
        String said = plain(answer.body());
        boolean same =
            shown.endsWith("...}")
                ? said.startsWith(shown.substring(0, shown.length() - "...}".length()))
                : said.equals(shown);
        List<String> theirs = keyIds(example.answer());
        List<String> ours = keyIds(answer.body());
        // The page's keys are not the gateway's, but the same one is the same one throughout.
        for (int i = 0; i < Math.min(theirs.size(), ours.size()); i++) {
          ids.putIfAbsent(theirs.get(i), ours.get(i));
        }
        theirs.replaceAll(ids::get);
        if (answer.statusCode() != example.status() || !same || !theirs.equals(ours)) {
          wrong.add(example.method() + " " + example.path() + "\n" + answer.body());
        }
      }
      assertThat(wrong).isEmpty();
    }
  }

  private static HttpResponse<String> send(int port, Example example, Map<String, String> ids)
      throws Exception {
    String path =
        KEY_ID.matcher(example.path()).replaceAll(id -> ids.getOrDefault(id.group(), "x"));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/admin/v1" + path))
            .header("Authorization", "Bearer " + AdminClient.TOKEN)
            .method(
                example.method(),
                example.body() == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(example.body()));
    if (example.body() != null) {
      request.header("Content-Type", "application/json");
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
  }

  private static List<String> keyIds(String answer) {
    return KEY_ID.matcher(answer).results().map(MatchResult::group).collect(Collectors.toList());
  }

  /** Without what is different every time. */
  private static String plain(String answer) {
    return answer
        .replaceAll("tg(m?)_[a-z0-9]{8}_[A-Za-z0-9_-]{43}|tg(m?)_[a-z0-9]{8}_\\.\\.\\.", "KEY")
        .replaceAll("tgm?_[a-z0-9]{8}", "ID")
        .replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "TIME")
        .replaceAll("\"(position|next)\":\"[A-Za-z0-9_-]+\"", "POSITION")
        .replaceAll("credit_[0-9a-f-]{36}", "CREDIT")
        .replaceAll("aud_[0-9a-f]+", "AUD");
  }

  @Test
  void everyRouteHasAnExampleOnThePage() throws Exception {
    List<AdminRoute> routes = new AdminRoutes(text -> Duration.ZERO, "").all();
    RouteTable<AdminRoute> table = AdminRoute.table(routes);
    Set<String> shown = new TreeSet<>();
    for (Example example : examples()) {
      String path = example.path().replaceFirst("\\?.*", "");
      if (table.find(example.method(), path) instanceof Match.Found<AdminRoute> found) {
        shown.add(found.route().method() + " " + found.route().path());
      }
    }
    assertThat(shown)
        .isEqualTo(
            routes.stream()
                .map(route -> route.method() + " " + route.path())
                .collect(Collectors.toCollection(TreeSet::new)));
  }
}
