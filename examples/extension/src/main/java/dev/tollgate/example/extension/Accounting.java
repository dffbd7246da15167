package dev.tollgate.example.extension;

import dev.tollgate.gateway.GatewayBuilder;
import dev.tollgate.gateway.GatewayCustomizer;
import dev.tollgate.gateway.config.GatewayConfig;
import java.nio.file.Path;

// docs: extension
/** Counts requests for JMX, and writes each charge into a file for the accountants. */
public final class Accounting implements GatewayCustomizer {
  /** Called by the service loader. */
  public Accounting() {}

  @Override
  public void customize(GatewayBuilder builder, GatewayConfig config) {
    ChargeFile file = new ChargeFile(Path.of(System.getProperty("charges.file", "charges.csv")));
    Requests requests = new Requests();
    builder.metrics(requests).decorateLedger(file::around).closeWith(requests).closeWith(file);
  }
}
// end
