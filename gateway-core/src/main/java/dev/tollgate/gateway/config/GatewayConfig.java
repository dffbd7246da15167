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
import dev.tollgate.gateway.jdbc.HoldDurability;
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
 * All settings, validated. Immutable. {@code docs/configuration.md} documents each with its unit
 * and default.
 *
 * @param http the listener of the standalone server; unused elsewhere
 * @param target the upstream and the operator's default key
 * @param upstream timeouts and limits of upstream calls
 * @param client timeouts for clients
 * @param requestHeaders the selection of client headers that go upstream
 * @param askForUsage whether the gateway asks a generic upstream for the usage of a stream
 * @param database the database of keys, projects and the ledger
 * @param masterKey encrypts upstream keys; null: the key is in a file beside the database, which
 *     must be a SQLite file then
 * @param admin the admin API
 * @param meter the pricing of requests
 * @param reconciler the times at which unknown costs are looked up after a request
 * @param prices the source of prices
 * @param limits the limits of projects that have none of their own; its rate and concurrency are
 *     set
 * @param maxExchanges the maximum number of open requests, of all callers together
 * @param maxBodyBytes the limit of a request body, for flavors without a limit of their own
 * @param bodyMemoryBytes the memory limit of all request bodies together
 * @param lowBalance the balance below which a project is reported
 * @param modelAliases the additional model names that Pinata's callers may use
 * @param holdDurability what a hold survives on the gateway's own database
 * @param leaseTtl the time without a heartbeat after which another node may settle a node's open
 *     requests
 * @param drainDelay how long a stopping server still serves while it reports that it is not ready;
 *     zero: no delay
 * @param drainTimeout how long open exchanges may continue when the server is stopped
 * @param logFormat the format of the access log
 * @param extensions a folder of jars that may contain {@code GatewayCustomizer}s; null: none
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
    HoldDurability holdDurability,
    Duration leaseTtl,
    Duration drainDelay,
    Duration drainTimeout,
    AccessLog.Format logFormat,
    @Nullable Path extensions) {

  /**
   * The listener of the standalone server.
   *
   * @param port 0: any free port
   * @param idleTimeout how long a connection may be idle: between requests, within one, or without
   *     reading the data written to it
   * @param headersTimeout the limit for the head of a request, from its first byte on, and for a
   *     TLS handshake
   * @param maxConnections the maximum number of connections on each port
   * @param tls the server's certificate; null: clear text
   * @param forwarded whether the server trusts a proxy's headers about the client's address and the
   *     requested scheme and host
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
   * @param token the operator's token; null: the admin API is off
   * @param port a separate port of the standalone server for the admin API, 0: any free port; null:
   *     the main port
   */
  public record Admin(@Nullable Secret token, @Nullable Integer port) {
    /** The admin API is off. */
    public static final Admin OFF = new Admin(null, null);
  }

  /**
   * The source of prices.
   *
   * @param refresh the interval between two reads
   * @param file the operator's price file; null: the upstream's list of models, if it has prices
   */
  public record Prices(Duration refresh, @Nullable Path file) {}

  /**
   * The server's certificate and private key.
   *
   * @param keyStore a PKCS12 or JKS file; read again when it changes
   * @param password the password of the file and of the key in it
   */
  public record Tls(Path keyStore, Secret password) {}

  /**
   * Reads the configuration of this process. The sources, in order of precedence, are system
   * properties, environment variables, and {@code tollgate.properties} in the working directory or
   * the file that {@code tollgate.config} names. Unknown environment variables are logged as a
   * warning.
   *
   * @throws ConfigException if a property is unknown or a value is not allowed
   */
  public static GatewayConfig load() {
    return load(Map.of());
  }

  /**
   * Reads the configuration as {@link #load()} does, with {@code contextParameters} as the source
   * of last resort.
   *
   * @param contextParameters a web application's context parameters; names without the prefix
   *     {@code tollgate.} are ignored
   * @throws ConfigException if a property is unknown or a value is not allowed
   */
  public static GatewayConfig load(Map<String, String> contextParameters) {
    return ConfigReader.ofThisProcess(contextParameters).read();
  }

  /**
   * Reads a configuration from these properties only.
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
   * Returns a copy with another upstream and another database, without a master key and with the
   * admin API off. For self-contained use, such as a demo.
   */
  public GatewayConfig with(UpstreamTarget otherTarget, DatabaseOptions otherDatabase) {
    return copy(
        http,
        otherTarget,
        upstream,
        otherDatabase,
        otherDatabase.holdDurability(),
        null,
        Admin.OFF);
  }

  /**
   * Returns a copy with other connection limits.
   *
   * @param ofClients the maximum number of client connections on each port, above 0
   * @param toUpstream the maximum number of upstream connections, above 0
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
        otherHttp,
        target,
        upstream.withMaxConnections(toUpstream),
        database,
        holdDurability,
        masterKey,
        admin);
  }

  private GatewayConfig copy(
      Http otherHttp,
      UpstreamTarget otherTarget,
      UpstreamOptions otherUpstream,
      DatabaseOptions otherDatabase,
      HoldDurability otherDurability,
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
        otherDurability,
        leaseTtl,
        drainDelay,
        drainTimeout,
        logFormat,
        extensions);
  }
}
