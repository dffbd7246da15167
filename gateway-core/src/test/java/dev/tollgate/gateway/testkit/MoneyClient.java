package dev.tollgate.gateway.testkit;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Asks a gateway whose upstream is a {@link BookkeepingUpstream}. */
public final class MoneyClient {
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final URI chat;
  private final String key;

  public MoneyClient(URI chat, String key) {
    this.chat = chat;
    this.key = key;
  }

  /**
   * @param wishes members of the body beside the model, such as {@code "x_events":5}; may be empty
   */
  public HttpRequest request(String model, String wishes, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(chat)
            .timeout(Duration.ofSeconds(30))
            .header("X-API-Key", key)
            .header("Content-Type", "application/json")
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"" + model + "\"" + (wishes.isEmpty() ? "" : "," + wishes) + "}"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  public HttpResponse<String> ask(String model, String wishes, String... headers)
      throws IOException, InterruptedException {
    return HTTP.send(request(model, wishes, headers), BodyHandlers.ofString());
  }
}
