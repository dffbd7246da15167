package dev.tollgate.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.admin.UpstreamSpending;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Client for OpenRouter's {@code GET /key}, which gives {@code data.usage} and {@code
 * data.byok_usage}.
 */
final class HttpUpstreamSpending implements UpstreamSpending {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  // Exact arithmetic on a number with a huge exponent would never finish in practice.
  private static final int MAX_DIGITS = 100;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final HttpClient client =
      HttpClient.newBuilder().version(Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
  private final URI uri;

  /**
   * @param baseUrl of the upstream, without a trailing slash
   */
  HttpUpstreamSpending(URI baseUrl) {
    this.uri = URI.create(baseUrl + "/key");
  }

  @Override
  public BigDecimal spent(Secret key) throws IOException {
    HttpResponse<byte[]> answer =
        send(
            HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer " + key.reveal())
                .header("Accept", "application/json")
                .build());
    if (answer.statusCode() != 200) {
      throw new IOException("it answered with status " + answer.statusCode());
    }
    JsonNode data;
    try {
      data = JSON.readTree(answer.body()).path("data");
    } catch (JsonProcessingException | NumberFormatException e) {
      // NumberFormatException: an exponent with many digits. The message is dropped because it
      // would quote the answer.
      throw new IOException("its answer cannot be parsed", e);
    }
    JsonNode usage = data.path("usage");
    if (!usage.isNumber()) {
      throw new IOException("its answer has no usage figure");
    }
    JsonNode own = data.path("byok_usage");
    return own.isNumber() ? dollars(usage).add(dollars(own)) : dollars(usage);
  }

  private static BigDecimal dollars(JsonNode number) throws IOException {
    BigDecimal dollars = number.decimalValue();
    if (dollars.precision() > MAX_DIGITS || Math.abs((long) dollars.scale()) > MAX_DIGITS) {
      throw new IOException("its answer has a figure that is not an amount of money");
    }
    return dollars;
  }

  /**
   * Sends the request. The client's own timeout would end with the headers of the answer; this one
   * covers the body, too.
   */
  private HttpResponse<byte[]> send(HttpRequest request) throws IOException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, BodyHandlers.ofByteArray());
    try {
      return answer.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(
          e.getCause() instanceof ConnectException
              ? "nothing listens at " + uri.getAuthority()
              : String.valueOf(e.getCause()),
          e);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException("it did not answer within " + TIMEOUT.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
