package dev.tollgate.gateway.config;

import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.client.ClientOptions;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.http.RequestHeaders;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.meter.MeterOptions;
import dev.tollgate.gateway.upstream.ReconcilerOptions;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that can be set, checked. Immutable. Everything is documented, with unit and default, in
 * {@code docs/configuration.md}.
 *
 * @param http where the standalone server listens; of no interest elsewhere
 * @param target the upstream and the operator's default key
 * @param upstream how the upstream is called
 * @param client how long a client is waited for
 * @param requestHeaders which of a client's headers go upstream
 * @param askForUsage whether a generic upstream is asked for the usage of a stream
 * @param database where keys, projects and books are
 * @param masterKey what seals upstream keys; null: a file beside the database, which must be a
 *     SQLite file then
 * @param admin the admin API
 * @param meter how requests are priced
 * @param reconciler when costs are asked for that were not known at the end of their requests
 * @param prices where prices come from
 * @param limits what projects are kept to that have no limits of their own; complete
 * @param maxExchanges how many requests may be open at once, whoever made them
 * @param maxBodyBytes the largest request body of the flavors that have no limit of their own
 * @param bodyMemoryBytes how much memory all request bodies together may take
 * @param lowBalance below which a balance is told of
 * @param modelAliases what Pinata's callers may call models
 * @param leaseTtl after how long without a sign of life another node may take over what a node left
 * @param drainDelay how long a server that is stopped serves on while its readiness fails; zero:
 *     not at all
 * @param drainTimeout how long open exchanges may go on when the server is stopped
 * @param logFormat how the lines of the access log are written
 * @param extensions a folder of jars in which {@code GatewayCustomizer}s are looked for; null: none
 */
public record GatewayConfig(
    Http http,
    UpstreamTarget target,
    UpstreamOptions upstream,
    ClientOptions client,
    RequestHeaders requestHeaders,
    boolean askForUsage,
    DatabaseOptions database,
    @Nullable MasterKey masterKey,
    Admin admin,
    MeterOptions meter,
    ReconcilerOptions reconciler,
    Prices prices,
    Limits limits,
    int maxExchanges,
    long maxBodyBytes,
    long bodyMemoryBytes,
    Money lowBalance,
    ModelAliases modelAliases,
    Duration leaseTtl,
    Duration drainDelay,
    Duration drainTimeout,
    AccessLog.Format logFormat,
    @Nullable Path extensions) {

  /**
   * Where the standalone server listens.
   *
   * @param port 0: any free one
   * @param idleTimeout how long a connection may be silent between requests, in the middle of one,
   *     or while it does not take what is written
   * @param headersTimeout how long the head of a request may take from its first byte on, and a TLS
   *     handshake
   * @param maxConnections how many connections there are at most, on each port
   * @param tls the server's certificate; null: it speaks clear text
   * @param forwarded whether a proxy in front is believed when it says who the client is and what
   *     scheme and host it asked for
   */
  public record Http(
      String host,
      int port,
      Duration idleTimeout,
      Duration headersTimeout,
      int maxConnections,
      @Nullable Tls tls,
      boolean forwarded) {}

  /**
   * The admin API.
   *
   * @param token what opens it; null: it is off
   * @param port where the standalone server listens for it alone, 0: any free one; null: it is
   *     where all else is
   */
  public record Admin(@Nullable Secret token, @Nullable Integer port) {
    /** There is none. */
    public static final Admin OFF = new Admin(null, null);
  }

  /**
   * Where prices come from.
   *
   * @param refresh how often they are read
   * @param file what they are read from; null: the upstream's own list of models, if it has prices
   */
  public record Prices(Duration refresh, @Nullable Path file) {}

  /**
   * Where the server's certificate and its key are.
   *
   * @param keyStore a PKCS12 or JKS file; read again when it changes
   * @param password of the file and of the key in it
   */
  public record Tls(Path keyStore, Secret password) {}

  /**
   * Reads the configuration of this process: system properties, else environment variables, else
   * {@code tollgate.properties} in the working directory or the file that {@code tollgate.config}
   * names. Unknown environment variables are warned of in the log.
   *
   * @throws ConfigException if a property is unknown or a value is not allowed
   */
  public static GatewayConfig load() {
    return load(Map.of());
  }

  /**
   * As {@link #load()}, and where none of those says anything, {@code contextParameters}.
   *
   * @param contextParameters a web application's; those that do not begin with {@code tollgate.}
   *     are of no interest
   * @throws ConfigException if a property is unknown or a value is not allowed
   */
  public static GatewayConfig load(Map<String, String> contextParameters) {
    return ConfigReader.ofThisProcess(contextParameters).read();
  }

  /**
   * Reads a configuration from these properties alone.
   *
   * @throws ConfigException if a property is unknown or a value is not allowed
   */
  public static GatewayConfig of(Map<String, String> properties) {
    return new ConfigReader(properties, Map.of(), null, Map.of()).read();
  }

  /** All settings, in the order of {@code docs/configuration.md}. */
  public static List<Setting<?>> settings() {
    return Settings.ALL;
  }

  /**
   * The same with another upstream and another database, for what runs on its own, such as a demo:
   * no master key of the operator's, no admin API.
   */
  public GatewayConfig with(UpstreamTarget otherTarget, DatabaseOptions otherDatabase) {
    return copy(http, otherTarget, upstream, otherDatabase, null, Admin.OFF);
  }

  /**
   * The same with other bounds of connections.
   *
   * @param ofClients at most, on each port, above 0
   * @param toUpstream at most, above 0
   */
  public GatewayConfig withConnections(int ofClients, int toUpstream) {
    Http otherHttp =
        new Http(
            http.host,
            http.port,
            http.idleTimeout,
            http.headersTimeout,
            ofClients,
            http.tls,
            http.forwarded);
    return copy(
        otherHttp, target, upstream.withMaxConnections(toUpstream), database, masterKey, admin);
  }

  private GatewayConfig copy(
      Http otherHttp,
      UpstreamTarget otherTarget,
      UpstreamOptions otherUpstream,
      DatabaseOptions otherDatabase,
      @Nullable MasterKey otherMasterKey,
      Admin otherAdmin) {
    return new GatewayConfig(
        otherHttp,
        otherTarget,
        otherUpstream,
        client,
        requestHeaders,
        askForUsage,
        otherDatabase,
        otherMasterKey,
        otherAdmin,
        meter,
        reconciler,
        prices,
        limits,
        maxExchanges,
        maxBodyBytes,
        bodyMemoryBytes,
        lowBalance,
        modelAliases,
        leaseTtl,
        drainDelay,
        drainTimeout,
        logFormat,
        extensions);
  }
}
