package dev.tollgate.gateway;

import dev.tollgate.gateway.config.GatewayConfig;

/**
 * Adds an operator's parts to a gateway that no application builds: the WAR's or the standalone
 * server's: a {@link dev.tollgate.gateway.account.KeyStore}, a {@link
 * dev.tollgate.gateway.ledger.Ledger}, metrics. Found by {@link java.util.ServiceLoader} on the
 * gateway's class path, and in the jars of the folder that the setting {@code tollgate.extensions}
 * names. An implementation is public, has a public constructor without parameters, and is named in
 * its jar's {@code META-INF/services/dev.tollgate.gateway.GatewayCustomizer}.
 */
@FunctionalInterface
public interface GatewayCustomizer {
  /**
   * Called once, while the gateway is built. What it throws stops the start.
   *
   * @param builder takes the parts; whatever has to be closed with the gateway is given to {@link
   *     GatewayBuilder#closeWith}
   * @param config the gateway's configuration, as it was read
   */
  void customize(GatewayBuilder builder, GatewayConfig config);
}
