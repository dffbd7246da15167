package dev.tollgate.gateway.config;

import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.client.ClientOptions;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.HoldDurability;
import dev.tollgate.gateway.meter.MeterOptions;
import dev.tollgate.gateway.upstream.ReconcilerOptions;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Creates a {@link GatewayConfig} from its {@link Sources}. */
final class ConfigReader {
  private static final String OPENROUTER_KEY = "OPENROUTER_API_KEY";

  private final Sources sources;
  private final boolean openRouter;

  /** The parameters are those of {@link Sources}. */
  ConfigReader(
      Map<String, String> systemProperties,
      Map<String, String> environment,
      @Nullable Path directory,
      Map<String, String> contextParameters) {
    sources = new Sources(systemProperties, environment, directory, contextParameters);
    openRouter = required(Settings.UPSTREAM_PROFILE) == Settings.Profile.OPENROUTER;
  }

  static ConfigReader ofThisProcess(Map<String, String> contextParameters) {
    return new ConfigReader(
        Sources.strings(System.getProperties()), System.getenv(), Path.of(""), contextParameters);
  }

  private <T> T required(Setting<T> setting) {
    return sources.required(setting);
  }

  private <T> @Nullable T optional(Setting<T> setting) {
    return sources.optional(setting);
  }

  GatewayConfig read() {
    DatabaseOptions database =
        required(Settings.DATABASE_URL)
            .withLogin(optional(Settings.DATABASE_USER), optional(Settings.DATABASE_PASSWORD));
    return new GatewayConfig(
        new GatewayConfig.Http(
            required(Settings.HTTP_HOST),
            required(Settings.HTTP_PORT),
            required(Settings.HTTP_IDLE_TIMEOUT),
            required(Settings.HTTP_HEADERS_TIMEOUT),
            required(Settings.HTTP_MAX_CONNECTIONS),
            tls(),
            required(Settings.HTTP_FORWARDED)),
        new UpstreamTarget(required(Settings.UPSTREAM_URL), upstreamKey()),
        new UpstreamOptions(
            required(Settings.UPSTREAM_CONNECT_TIMEOUT),
            required(Settings.UPSTREAM_HEADERS_TIMEOUT),
            required(Settings.UPSTREAM_IDLE_TIMEOUT),
            required(Settings.UPSTREAM_TOTAL_TIMEOUT),
            required(Settings.UPSTREAM_KEEP_ALIVE_TIMEOUT),
            required(Settings.UPSTREAM_MAX_CONNECTIONS),
            required(Settings.UPSTREAM_MAX_QUEUED),
            required(Settings.RELAY_REDACT_ACCOUNT_ERRORS)),
        new ClientOptions(
            required(Settings.CLIENT_BODY_TIMEOUT), required(Settings.CLIENT_WRITE_TIMEOUT)),
        required(Settings.RELAY_REQUEST_HEADERS),
        required(Settings.RELAY_ASK_FOR_USAGE),
        database,
        optional(Settings.MASTER_KEY),
        new GatewayConfig.Admin(optional(Settings.ADMIN_TOKEN), optional(Settings.ADMIN_HTTP_PORT)),
        new MeterOptions(
            required(Settings.HOLD_MODE),
            required(Settings.HOLD_DEFAULT_OUTPUT_TOKENS),
            required(Settings.HOLD_UNKNOWN_PRICE),
            required(Settings.SETTLE_MAX_COST),
            required(Settings.SETTLE_UNRESOLVED),
            openRouter),
        new ReconcilerOptions(
            required(Settings.SETTLE_FIRST_DELAY),
            required(Settings.SETTLE_MAX_DELAY),
            required(Settings.SETTLE_KEEP_HOLD),
            required(Settings.SETTLE_GIVE_UP_AFTER)),
        new GatewayConfig.Prices(required(Settings.PRICES_REFRESH), optional(Settings.PRICES_FILE)),
        Limits.NONE
            .with(Limit.RATE, required(Settings.LIMITS_RATE))
            .with(Limit.CONCURRENCY, required(Settings.LIMITS_CONCURRENCY)),
        required(Settings.LIMITS_EXCHANGES),
        required(Settings.LIMITS_BODY),
        bodyMemory(),
        required(Settings.BALANCE_LOW),
        modelAliases(),
        holdDurability(database),
        required(Settings.LEASE_TTL),
        required(Settings.DRAIN_DELAY),
        required(Settings.DRAIN_TIMEOUT),
        required(Settings.LOG_FORMAT),
        optional(Settings.EXTENSIONS));
  }

  private HoldDurability holdDurability(DatabaseOptions database) {
    HoldDurability chosen = optional(Settings.HOLD_DURABILITY);
    if (chosen == HoldDurability.PROCESS && database.file().isEmpty()) {
      throw new ConfigException(
          Settings.HOLD_DURABILITY.name() + " is invalid: 'process'; allowed on PostgreSQL: power");
    }
    return chosen == null ? database.holdDurability() : chosen;
  }

  private long bodyMemory() {
    Long bytes = optional(Settings.LIMITS_BODY_MEMORY);
    return bytes == null ? Runtime.getRuntime().maxMemory() / 4 : bytes;
  }

  private GatewayConfig.@Nullable Tls tls() {
    Path keyStore = optional(Settings.HTTP_TLS_KEY_STORE);
    Secret password = optional(Settings.HTTP_TLS_PASSWORD);
    if (keyStore == null && password == null) {
      return null;
    }
    // If only one of the two is set, fail: a mistake must not turn TLS into clear text.
    return new GatewayConfig.Tls(
        required(Settings.HTTP_TLS_KEY_STORE), required(Settings.HTTP_TLS_PASSWORD));
  }

  private ModelAliases modelAliases() {
    ModelAliases aliases = optional(Settings.PINATA_MODEL_ALIASES);
    if (aliases != null) {
      return aliases;
    }
    // The defaults are OpenRouter's ids. Another upstream may know the callers' own ids.
    return openRouter ? ModelAliases.DEFAULTS : ModelAliases.none();
  }

  private @Nullable Secret upstreamKey() {
    Secret key = optional(Settings.UPSTREAM_KEY);
    String fallback = sources.foreign(OPENROUTER_KEY);
    return key == null && fallback != null
        ? Settings.UPSTREAM_KEY.parse(OPENROUTER_KEY, fallback)
        : key;
  }
}
