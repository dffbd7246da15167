package dev.tollgate.gateway;

import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.BalanceListener;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link Gateway} is made of. Without any call it makes what the configuration of
 * the process says. Not safe for use by several threads; good for one {@link #build}.
 */
public final class GatewayBuilder {
  private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9._~-]+)*");

  private final List<AutoCloseable> resources = new ArrayList<>();
  private @Nullable GatewayConfig config;
  private @Nullable DataSource dataSource;
  private @Nullable KeyStore keyStore;
  private @Nullable Ledger ledger;
  private UnaryOperator<Ledger> decoration = UnaryOperator.identity();
  private @Nullable UpstreamKeys upstreamKeys;
  private GatewayMetrics metrics = GatewayMetrics.NONE;
  private BalanceListener balanceListener = (project, available) -> {};
  private InstantSource clock = InstantSource.system();
  private String path = "";
  private final Set<String> aliases = new LinkedHashSet<>();
  private boolean discovering;

  GatewayBuilder() {}

  /** The configuration; without one it is {@linkplain GatewayConfig#load() read}. */
  public GatewayBuilder config(GatewayConfig config) {
    this.config = config;
    return this;
  }

  /**
   * Where the routes are within the application; by default at its root, so that a chat is {@code
   * /api/v1/chat/completions} below the context path. Each gateway of one application needs its
   * own.
   *
   * @param path such as {@code /llm}; it begins with a slash and does not end with one; empty: the
   *     root
   * @throws IllegalArgumentException if it has another form
   */
  public GatewayBuilder path(String path) {
    this.path = requirePath(path);
    return this;
  }

  /**
   * Serves the routes of {@code /api/v1} below another path, too: some SDK users leave {@code /api}
   * out. The standalone server and the WAR have the alias {@code /v1}.
   *
   * @param alias such as {@code /v1}; below the gateway's path
   * @throws IllegalArgumentException if it has another form, or routes are there already
   */
  public GatewayBuilder alias(String alias) {
    for (String root : Route.ROOTS) {
      if (alias.isEmpty() || (root + "/").startsWith(alias + "/")) {
        throw new IllegalArgumentException(
            "an alias must be a path such as /v1, not above " + root + ", not '" + alias + "'");
      }
    }
    aliases.add(requirePath(alias));
    return this;
  }

  private static String requirePath(String path) {
    if (!PATH.matcher(path).matches() || path.contains("/.")) {
      throw new IllegalArgumentException(
          "a gateway's path must be like /llm, of letters, digits, '.', '_', '~' and '-', not '"
              + path
              + "'");
    }
    return path;
  }

  /**
   * The application's own connections to a PostgreSQL database, in place of {@code
   * tollgate.database.url}. The tables are made in the schema {@code tollgate}, beside the
   * application's; the setting {@code tollgate.master.key} is needed. Connections are taken for a
   * transaction at a time and given back as they were; up to four at once. It is not closed with
   * the gateway.
   *
   * @param dataSource safe for use by many threads, best a pool; an exception that it throws counts
   *     as the database not answering. It must not return the connection of the calling thread's
   *     transaction; the gateway refuses such a connection
   */
  public GatewayBuilder dataSource(DataSource dataSource) {
    this.dataSource = dataSource;
    return this;
  }

  /**
   * The application's own keys and projects. Where the ledger is the database's, each project must
   * be there, too, with the same id. A store proves itself by {@code KeyStoreContract} of the
   * test-jar.
   */
  public GatewayBuilder keyStore(KeyStore keyStore) {
    this.keyStore = keyStore;
    return this;
  }

  /**
   * The application's own books. A ledger proves itself by {@code LedgerContract} and {@code
   * LedgerOracleContract} of the test-jar. Where the keys, too, are the application's, no database
   * is opened.
   */
  public GatewayBuilder ledger(Ledger ledger) {
    this.ledger = ledger;
    return this;
  }

  /**
   * Puts something around the ledger, be it the database's or the application's own, that hears
   * what the gateway says to it: best a {@link dev.tollgate.gateway.ledger.ForwardingLedger}.
   * Called more than once, each goes around those before. {@link Gateway#admin} speaks to the
   * database without it.
   */
  public GatewayBuilder decorateLedger(UnaryOperator<Ledger> decoration) {
    UnaryOperator<Ledger> inner = this.decoration;
    this.decoration = ledger -> decoration.apply(inner.apply(ledger));
    return this;
  }

  /**
   * What remembers the upstream keys that requests were sent with. By default the database does,
   * and where none is opened, the process for as long as it lives: a cost that is still to be asked
   * for after a restart is then asked for with the key of that day.
   */
  public GatewayBuilder upstreamKeys(UpstreamKeys upstreamKeys) {
    this.upstreamKeys = upstreamKeys;
    return this;
  }

  /** Receives the metrics of each exchange. By default only the gateway counts them. */
  public GatewayBuilder metrics(GatewayMetrics metrics) {
    this.metrics = metrics;
    return this;
  }

  /**
   * Is told of projects that have less than {@code tollgate.balance.low} left. The gateway logs
   * that in any case.
   */
  public GatewayBuilder onLowBalance(BalanceListener listener) {
    this.balanceListener = listener;
    return this;
  }

  /** What tells the time; the system's clock if it is not called. */
  public GatewayBuilder clock(InstantSource clock) {
    this.clock = clock;
    return this;
  }

  /** Something to be closed after the gateway, the last one first; also if it cannot be built. */
  public GatewayBuilder closeWith(AutoCloseable resource) {
    resources.add(resource);
    return this;
  }

  /** Looks for {@link GatewayCustomizer}s, as the WAR and the standalone server do. */
  public GatewayBuilder discover() {
    discovering = true;
    return this;
  }

  /**
   * Opens the stores and starts the upstream client.
   *
   * @throws dev.tollgate.gateway.config.ConfigException if the configuration cannot be used
   * @throws dev.tollgate.gateway.jdbc.DatabaseException if the database cannot be used
   */
  public Gateway build() {
    try {
      GatewayConfig used = config == null ? GatewayConfig.load() : config;
      if (discovering) {
        Extensions.apply(this, used);
      }
      return build(used);
    } catch (RuntimeException | Error e) {
      GatewayParts.close(resources);
      throw e;
    }
  }

  private Gateway build(GatewayConfig used) {
    KeyStore keys = keyStore;
    Ledger books = ledger;
    UpstreamKeys remembered = upstreamKeys;
    JdbcStores stores = null;
    if (keys == null || books == null) {
      stores = open(used);
      keys = keys == null ? stores.keys() : keys;
      books = books == null ? stores.ledger() : books;
      remembered = remembered == null ? stores.upstreamKeys() : remembered;
    }
    if (remembered == null) {
      remembered = UpstreamKeys.inMemory();
    }
    try {
      Gateway gateway =
          new Gateway(
              used,
              new GatewayParts(
                  keys,
                  decoration.apply(books),
                  remembered,
                  stores,
                  keyStore == null && stores != null
                      ? Administration.of(stores, clock).inferenceKeys()
                      : null,
                  ledger == null && stores != null ? stores.reports() : null,
                  metrics,
                  balanceListener,
                  path,
                  List.copyOf(aliases),
                  clock,
                  List.copyOf(resources)));
      LifecycleLog.started(used, stores != null, dataSource != null);
      return gateway;
    } catch (RuntimeException | Error e) {
      if (stores != null) {
        stores.close();
      }
      throw e;
    }
  }

  private JdbcStores open(GatewayConfig used) {
    return dataSource == null
        ? JdbcStores.openForServer(
            used.database(), used.masterKey(), used.leaseTtl(), used.holdDurability())
        : JdbcStores.openForServer(dataSource, used.masterKey(), used.leaseTtl());
  }
}
