package dev.tollgate.gateway;

import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.BalanceListener;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway is made of, and does not make itself.
 *
 * @param stores closed with the gateway; null: the stores are the application's
 * @param inferenceKeys null: projects cannot make keys by themselves
 * @param reports of the ledger; null: the ledger is the application's
 * @param path within the application, below which the routes are
 * @param aliases paths below that one that stand for {@code /api/v1}
 * @param resources closed after the gateway, the last one first
 */
record GatewayParts(
    KeyStore keyStore,
    Ledger ledger,
    UpstreamKeys upstreamKeys,
    @Nullable JdbcStores stores,
    @Nullable InferenceKeys inferenceKeys,
    @Nullable Reports reports,
    GatewayMetrics metrics,
    BalanceListener balanceListener,
    String path,
    List<String> aliases,
    InstantSource clock,
    List<AutoCloseable> resources) {
  private static final Logger LOG = System.getLogger(GatewayParts.class.getName());

  /** The patterns of all routes. */
  List<String> routes() {
    return withAliases(Route.ROOTS).stream().map(root -> root + "/*").toList();
  }

  /** The same paths, and once more below each alias. */
  List<String> withAliases(List<String> paths) {
    List<String> all = new ArrayList<>(paths);
    for (String alias : aliases) {
      for (String each : paths) {
        if (each.startsWith(Route.API)) {
          all.add(alias + each.substring(Route.API.length()));
        }
      }
    }
    return all;
  }

  /** Closes the database and the resources. */
  void close() {
    if (stores != null) {
      stores.close();
    }
    close(resources);
  }

  /** Closes all of them, the last one first. */
  static void close(List<AutoCloseable> resources) {
    for (int i = resources.size() - 1; i >= 0; i--) {
      try {
        resources.get(i).close();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "cannot close: " + resources.get(i), e);
      }
    }
  }
}
