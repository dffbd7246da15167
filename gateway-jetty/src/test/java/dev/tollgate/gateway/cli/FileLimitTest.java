package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.config.GatewayConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileLimitTest {
  private static GatewayConfig config(int ofClients, int toUpstream) {
    return GatewayConfig.of(
        Map.of(
            "tollgate.http.max-connections",
            Integer.toString(ofClients),
            "tollgate.upstream.max-connections",
            Integer.toString(toUpstream)));
  }

  @Test
  void aLimitThatSufficesChangesNothing() {
    GatewayConfig config = config(200, 100);

    assertThat(FileLimit.of(config, 400).fitted()).isSameAs(config);
  }

  @ParameterizedTest
  @CsvSource({
    // limit, http and upstream as configured, and as they fit
    "399, 200, 100, 200, 99",
    "400, 20000, 10000, 200, 100",
    "400, 20000, 50, 250, 50",
    "400, 50, 10000, 50, 100",
    "20000, 20000, 10000, 13267, 6633",
    "50, 20000, 10000, 2, 1",
  })
  void boundsThatAreTooHighAreFittedToTheLimit(
      long limit, int http, int upstream, int fittedHttp, int fittedUpstream) {
    GatewayConfig fitted = FileLimit.of(config(http, upstream), limit).fitted();

    assertThat(fitted.http().maxConnections()).isEqualTo(fittedHttp);
    assertThat(fitted.upstream().maxConnections()).isEqualTo(fittedUpstream);
  }
}
