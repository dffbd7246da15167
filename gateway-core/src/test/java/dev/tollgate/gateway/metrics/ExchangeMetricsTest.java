package dev.tollgate.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.Scrape;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExchangeMetricsTest {
  private static final String CHAT = "/api/v1/chat/completions";
  private static final long SECOND = 1_000_000_000L;

  private final MetricRegistry registry = new MetricRegistry();
  private final ExchangeMetrics metrics =
      new ExchangeMetrics(
          registry, "openrouter", Set.of("invalid_api_key", "rate_limit_exceeded", "unavailable"));

  private static ExchangeEnd chat(int status, String outcome, String code, boolean streamed) {
    return new ExchangeEnd(
        "POST",
        CHAT,
        "openai",
        "chat",
        streamed,
        status,
        outcome,
        code,
        100,
        2_000,
        SECOND,
        streamed ? 2 * SECOND : -1,
        5 * SECOND,
        500,
        7,
        11);
  }

  private Scrape scrape() {
    return new Scrape(registry.text());
  }

  @Test
  void anEndIsCountedOnceInEachMetricThatItBelongsTo() {
    metrics.exchangeOpened();
    metrics.exchangeEnded(chat(200, "complete", null, true));

    Scrape scrape = scrape();
    assertThat(
            scrape.sum(
                "tollgate_requests_total",
                "route=" + CHAT,
                "flavor=openai",
                "outcome=complete",
                "status=200"))
        .isEqualTo(1);
    assertThat(scrape.sum("tollgate_requests_total")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_request_body_bytes_total", "route=" + CHAT)).isEqualTo(100);
    assertThat(scrape.sum("tollgate_response_body_bytes_total", "route=" + CHAT)).isEqualTo(2_000);
    assertThat(scrape.sum("tollgate_time_to_first_byte_seconds_sum", "route=" + CHAT)).isEqualTo(1);
    assertThat(scrape.sum("tollgate_stream_duration_seconds_sum", "outcome=complete")).isEqualTo(4);
    String[] chat = {"gen_ai_operation_name=chat", "gen_ai_provider_name=openrouter"};
    assertThat(scrape.sum("gen_ai_server_request_duration_seconds_sum", chat)).isEqualTo(5);
    assertThat(scrape.sum("gen_ai_server_time_to_first_token_seconds_sum", chat)).isEqualTo(2);
    assertThat(scrape.sum("gen_ai_client_token_usage_sum", "gen_ai_token_type=input")).isEqualTo(7);
    assertThat(scrape.sum("gen_ai_client_token_usage_sum", "gen_ai_token_type=output"))
        .isEqualTo(11);
    assertThat(scrape.families().get("gen_ai_server_request_duration_seconds").labels())
        .doesNotContain("error_type");
  }

  @Test
  void whatIsNotKnownIsNotCounted() {
    metrics.exchangeEnded(
        new ExchangeEnd(
            "GET",
            "/api/v1/models",
            "pinme",
            "-",
            false,
            0,
            "client_gone",
            null,
            0,
            0,
            -1,
            -1,
            3,
            -1,
            -1,
            -1));

    Scrape scrape = scrape();
    assertThat(scrape.sum("tollgate_requests_total", "outcome=client_gone", "status=-"))
        .isEqualTo(1);
    assertThat(scrape.sum("tollgate_time_to_first_byte_seconds_count")).isZero();
    assertThat(scrape.sum("gen_ai_server_request_duration_seconds_count")).isZero();
    assertThat(scrape.sum("gen_ai_client_token_usage_count")).isZero();
  }

  @Test
  void aRefusalIsCountedByItsCodeAndIsNoTimeToTheFirstByte() {
    assertThat(scrape().sum("tollgate_refusals_total", "code=rate_limit_exceeded")).isZero();
    assertThat(scrape().families().get("tollgate_refusals_total").samples()).hasSize(3);

    metrics.exchangeEnded(chat(429, "refused", "rate_limit_exceeded", false));

    assertThat(scrape().sum("tollgate_refusals_total", "code=rate_limit_exceeded")).isEqualTo(1);
    assertThat(scrape().sum("tollgate_refusals_total")).isEqualTo(1);
    assertThat(scrape().sum("tollgate_time_to_first_byte_seconds_count")).isZero();
    assertThat(scrape().sum("gen_ai_server_request_duration_seconds_count", "error_type=429"))
        .isEqualTo(1);
  }

  @Test
  void anErrorHasTheTypeOfItsStatusOrElseOfItsOutcome() {
    metrics.exchangeEnded(chat(503, "complete", null, false));
    metrics.exchangeEnded(chat(200, "upstream_failed", null, true));

    assertThat(scrape().sum("gen_ai_server_request_duration_seconds_count", "error_type=503"))
        .isEqualTo(1);
    assertThat(
            scrape()
                .sum("gen_ai_server_request_duration_seconds_count", "error_type=upstream_failed"))
        .isEqualTo(1);
  }

  /** An upstream may make up statuses. */
  @Test
  void aStatusThatNobodyKnowsIsShownAsItsClass() {
    for (int status = 100; status < 1_000; status++) {
      metrics.exchangeEnded(chat(status, "complete", null, false));
    }

    assertThat(scrape().sum("tollgate_requests_total", "status=200")).isEqualTo(1);
    assertThat(scrape().sum("tollgate_requests_total", "status=4xx")).isGreaterThan(80);
    assertThat(scrape().sum("tollgate_requests_total", "status=other")).isEqualTo(400);
    assertThat(scrape().families().get("tollgate_requests_total").samples()).hasSizeLessThan(40);
  }

  @Test
  void openExchangesAreThoseThatHaveNotEnded() {
    metrics.exchangeOpened();
    metrics.exchangeOpened();
    metrics.exchangeEnded(chat(200, "complete", null, false));

    assertThat(scrape().sum("tollgate_open_exchanges")).isEqualTo(1);
  }

  @Test
  void eventsOfTheUpstreamAreCounted() {
    metrics.upstreamRetried();
    metrics.upstreamCircuitChanged(true);
    metrics.operatorAccountRefused(401);
    metrics.operatorAccountRefused(402);
    metrics.operatorAccountRefused(402);

    Scrape scrape = scrape();
    assertThat(scrape.sum("tollgate_upstream_retries_total")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_upstream_circuit_open")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_upstream_circuit_openings_total")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_operator_account_refused_total", "status=401")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_operator_account_refused_total", "status=402")).isEqualTo(2);

    metrics.upstreamCircuitChanged(false);
    assertThat(scrape().sum("tollgate_upstream_circuit_open")).isZero();
    assertThat(scrape().sum("tollgate_upstream_circuit_openings_total")).isEqualTo(1);
  }
}
