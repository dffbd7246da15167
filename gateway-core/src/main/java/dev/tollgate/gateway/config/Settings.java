package dev.tollgate.gateway.config;

import static dev.tollgate.gateway.config.ValueType.amount;
import static dev.tollgate.gateway.config.ValueType.duration;
import static dev.tollgate.gateway.config.ValueType.durationOrZero;
import static dev.tollgate.gateway.config.ValueType.flag;
import static dev.tollgate.gateway.config.ValueType.path;
import static dev.tollgate.gateway.config.ValueType.secret;
import static dev.tollgate.gateway.config.ValueType.size;
import static dev.tollgate.gateway.config.ValueType.text;
import static dev.tollgate.gateway.config.ValueType.whole;
import static dev.tollgate.gateway.config.ValueType.word;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.http.RequestHeaders;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.HoldDurability;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.meter.MeterOptions.Unresolved;
import dev.tollgate.gateway.upstream.AccountErrors;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All settings. Each setting is declared only here. The reader, the error messages, the command
 * {@code tollgate settings} and the table in {@code docs/configuration.md} use these declarations.
 * A new setting needs one more declaration, and one more line in {@link ConfigReader} that uses it.
 */
final class Settings {
  private static final List<Setting<?>> DECLARED = new ArrayList<>();

  private static final int MAX_PORT = 65_535;
  private static final int MAX_OUTPUT_TOKENS = 10_000_000;
  private static final int MAX_OPEN = 1_000_000;
  private static final int MIN_ADMIN_TOKEN_CHARACTERS = 32;

  /** The kind of server that the upstream is. */
  enum Profile {
    OPENROUTER,
    GENERIC
  }

  static final Setting<String> HTTP_HOST =
      declare("http.host", text("a host name or address"), "127.0.0.1")
          .meaning("address of the standalone server");
  static final Setting<Integer> HTTP_PORT =
      declare("http.port", whole(0, MAX_PORT), "8080")
          .meaning("port of the standalone server; 0: any free port");
  static final Setting<Duration> HTTP_IDLE_TIMEOUT =
      declare("http.idle-timeout", duration(), "60s")
          .meaning("closes a client's connection that is silent for this long");
  static final Setting<Duration> HTTP_HEADERS_TIMEOUT =
      declare("http.headers-timeout", duration(), "30s")
          .meaning("limit for the head of a request, and for a TLS handshake");
  static final Setting<Integer> HTTP_MAX_CONNECTIONS =
      declare("http.max-connections", whole(1, MAX_OPEN), "20000")
          .meaning("limit of client connections, for each port");
  static final Setting<Path> HTTP_TLS_KEY_STORE =
      declare("http.tls.key-store", path("the path of a PKCS12 or JKS file"), null)
          .meaning("certificate and private key; with it the port speaks TLS only");
  static final Setting<Secret> HTTP_TLS_PASSWORD =
      declare("http.tls.password", secret(), null)
          .meaning("password of the key store and of the key in it");
  static final Setting<Boolean> HTTP_FORWARDED =
      declare("http.forwarded", flag(), "false")
          .meaning("trusts Forwarded and X-Forwarded-* headers, behind a proxy");
  static final Setting<URI> UPSTREAM_URL =
      declare(
              "upstream.url",
              ValueType.of(
                  "an http or https URL without query, fragment or user", Settings::baseUrl),
              "https://openrouter.ai/api/v1")
          .meaning("base URL of the upstream");
  static final Setting<Secret> UPSTREAM_KEY =
      declare("upstream.key", secret(), null)
          .meaning("the operator's upstream key; when unset, OPENROUTER_API_KEY is read");
  static final Setting<Profile> UPSTREAM_PROFILE =
      declare("upstream.profile", word(Profile.class), "openrouter")
          .meaning("kind of server that the upstream is");
  static final Setting<Duration> UPSTREAM_CONNECT_TIMEOUT =
      declare("upstream.connect-timeout", duration(), "10s")
          .meaning("limit for opening a connection to the upstream");
  static final Setting<Duration> UPSTREAM_HEADERS_TIMEOUT =
      declare("upstream.headers-timeout", duration(), "5m")
          .meaning("limit from the request to the upstream's response headers");
  static final Setting<Duration> UPSTREAM_IDLE_TIMEOUT =
      declare("upstream.idle-timeout", duration(), "5m")
          .meaning("limit for silence within the upstream's response");
  static final Setting<Duration> UPSTREAM_TOTAL_TIMEOUT =
      declare("upstream.total-timeout", duration(), "1h")
          .meaning("limit from the request to the end of the upstream's response");
  static final Setting<Duration> UPSTREAM_KEEP_ALIVE_TIMEOUT =
      declare("upstream.keep-alive-timeout", duration(), "30s")
          .meaning("closes a connection to the upstream that is unused for this long");
  static final Setting<Integer> UPSTREAM_MAX_CONNECTIONS =
      declare("upstream.max-connections", whole(1, MAX_PORT), "10000")
          .meaning("limit of connections to the upstream");
  static final Setting<Integer> UPSTREAM_MAX_QUEUED =
      declare("upstream.max-queued", whole(1, MAX_OPEN), "1000")
          .meaning("limit of calls that wait for a connection to the upstream");
  static final Setting<Duration> CLIENT_BODY_TIMEOUT =
      declare("client.body-timeout", duration(), "60s")
          .meaning("limit for a client to send the whole body of its request");
  static final Setting<Duration> CLIENT_WRITE_TIMEOUT =
      declare("client.write-timeout", duration(), "60s")
          .meaning("limit for a client to read nothing while there is data for it");
  static final Setting<RequestHeaders> RELAY_REQUEST_HEADERS =
      declare(
              "relay.request-headers",
              ValueType.of(
                  "header names or prefixes that end in *, separated by commas;"
                      + " never a credential, a hop-by-hop header or one that the gateway sets",
                  Settings::headers),
              "")
          .meaning("further request headers that go upstream");
  static final Setting<AccountErrors> RELAY_REDACT_ACCOUNT_ERRORS =
      declare("relay.redact-account-errors", word(AccountErrors.class), "auto")
          .meaning("replaces the upstream's 401 and 402 about the operator's account");
  static final Setting<Boolean> RELAY_ASK_FOR_USAGE =
      declare("relay.ask-for-usage", flag(), "true")
          .meaning("asks a generic upstream for the usage of a stream");
  static final Setting<DatabaseOptions> DATABASE_URL =
      declare(
              "database.url",
              ValueType.of(
                  "jdbc:sqlite: and the path of a file, or jdbc:postgresql://host:port/database",
                  DatabaseOptions::parse),
              "jdbc:sqlite:tollgate.db")
          .meaning("database of projects, keys and ledger; absolute in a WAR");
  static final Setting<String> DATABASE_USER =
      declare("database.user", text("a name"), null)
          .meaning("user of a PostgreSQL database, unless the URL names one");
  static final Setting<Secret> DATABASE_PASSWORD =
      declare("database.password", secret(), null).meaning("password of that user");
  static final Setting<MasterKey> MASTER_KEY =
      declare("master.key", secret("base64 of 32 bytes", MasterKey::parse), null)
          .meaning("encrypts upstream keys in the database; required with PostgreSQL");
  static final Setting<Secret> ADMIN_TOKEN =
      declare(
              "admin.token",
              secret("at least 32 characters of printable ASCII", Settings::adminToken),
              null)
          .meaning("opens the admin API and /metrics; unset, both are off");
  static final Setting<Integer> ADMIN_HTTP_PORT =
      declare("admin.http.port", whole(0, MAX_PORT), null)
          .meaning("separate port of the admin API and /metrics; 0: any free port");
  static final Setting<HoldMode> HOLD_MODE =
      declare("hold.mode", word(HoldMode.class), "bounded")
          .meaning("how much balance a request needs before it is sent");
  static final Setting<HoldDurability> HOLD_DURABILITY =
      declare("hold.durability", word(HoldDurability.class), null)
          .meaning("what a hold survives; unset: process on SQLite, power on PostgreSQL");
  static final Setting<Integer> HOLD_DEFAULT_OUTPUT_TOKENS =
      declare("hold.default-output-tokens", whole(1, MAX_OUTPUT_TOKENS), "4096")
          .meaning("output tokens held for a request without a limit, in bounded mode");
  static final Setting<Money> HOLD_UNKNOWN_PRICE =
      declare("hold.unknown-price", amount(), "0.10")
          .meaning("amount held when the price is unknown, in bounded mode");
  static final Setting<Duration> PRICES_REFRESH =
      declare("prices.refresh", duration(), "10m").meaning("how often prices are read again");
  static final Setting<Path> PRICES_FILE =
      declare("prices.file", path("the path of a JSON file"), null)
          .meaning("the operator's own prices, in place of the upstream's");
  static final Setting<RatePolicy> LIMITS_RATE =
      declare(
              "limits.rate",
              ValueType.of(RatePolicy.FORM, text -> RatePolicy.parse(text.trim())),
              "off")
          .meaning("request rate of a project that has none of its own");
  static final Setting<Integer> LIMITS_CONCURRENCY =
      declare("limits.concurrency", whole(0, MAX_OPEN), "0")
          .meaning("open metered requests of such a project; 0: no limit");
  static final Setting<Integer> LIMITS_EXCHANGES =
      declare("limits.exchanges", whole(1, MAX_OPEN), "10000")
          .meaning("limit of open requests, of all callers together");
  static final Setting<Long> LIMITS_BODY =
      declare("limits.body", size("from 1KB to 1GB", 1L << 10, 1L << 30), "20MB")
          .meaning("limit of a request body");
  static final Setting<Long> LIMITS_BODY_MEMORY =
      declare("limits.body-memory", size("at least 1MB", 1L << 20, Long.MAX_VALUE), null)
          .meaning("memory for all request bodies; unset, a quarter of the heap");
  static final Setting<Money> BALANCE_LOW =
      declare("balance.low", amount(), "1.00")
          .meaning("available balance below which a project is reported");
  static final Setting<ModelAliases> PINATA_MODEL_ALIASES =
      declare(
              "pinata.model-aliases",
              ValueType.of(
                  "pairs such as a/model-1-5=a/model-1.5, separated by commas",
                  ModelAliases::parse),
              null)
          .meaning("further names of models, for callers of /v0/llm");
  static final Setting<Duration> SETTLE_FIRST_DELAY =
      declare("settle.first-delay", duration(), "2s")
          .meaning("delay of the first look-up of an unknown cost; doubles each time");
  static final Setting<Duration> SETTLE_MAX_DELAY =
      declare("settle.max-delay", duration(), "15m").meaning("longest delay between two look-ups");
  static final Setting<Duration> SETTLE_KEEP_HOLD =
      declare("settle.keep-hold", duration(), "1h")
          .meaning("how long the upstream may answer that it knows no such generation");
  static final Setting<Duration> SETTLE_GIVE_UP_AFTER =
      declare("settle.give-up-after", duration(), "24h")
          .meaning("how long a look-up may fail in any other way");
  static final Setting<Unresolved> SETTLE_UNRESOLVED =
      declare("settle.unresolved", word(Unresolved.class), "estimate")
          .meaning("what a request is charged when its cost stays unknown");
  static final Setting<Money> SETTLE_MAX_COST =
      declare("settle.max-cost", amount(), "1000.00")
          .meaning("cost of one request above which the upstream is not believed");
  static final Setting<Duration> LEASE_TTL =
      declare("lease.ttl", duration(), "30s")
          .meaning("silence after which another node settles what a node left");
  static final Setting<Duration> DRAIN_DELAY =
      declare("drain.delay", durationOrZero(), "0s")
          .meaning("how long a stopping server still serves, while not ready");
  static final Setting<Duration> DRAIN_TIMEOUT =
      declare("drain.timeout", duration(), "30s")
          .meaning("how long open requests may go on after that");
  static final Setting<AccessLog.Format> LOG_FORMAT =
      declare("log.format", word(AccessLog.Format.class), "text")
          .meaning("format of the access log; in the standalone jar, of every line");
  static final Setting<Path> EXTENSIONS =
      declare("extensions", ValueType.of("the path of a folder", Settings::folder), null)
          .meaning("folder of jars with your own key store, ledger or metrics");

  /** All settings, in the order of the documentation. */
  static final List<Setting<?>> ALL = List.copyOf(DECLARED);

  private Settings() {}

  /** A setting without its meaning. */
  private record Draft<T>(String name, ValueType<T> type, @Nullable String defaultText) {
    Setting<T> meaning(String meaning) {
      Setting<T> setting = new Setting<>("tollgate." + name, type, defaultText, meaning);
      DECLARED.add(setting);
      return setting;
    }
  }

  private static <T> Draft<T> declare(
      String name, ValueType<T> type, @Nullable String defaultText) {
    return new Draft<>(name, type, defaultText);
  }

  private static URI baseUrl(String text) {
    URI uri = URI.create(text.trim().replaceAll("/+$", ""));
    boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!http
        || uri.getHost() == null
        || uri.getRawQuery() != null
        || uri.getRawFragment() != null
        || uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException("not a base URL");
    }
    return uri;
  }

  private static RequestHeaders headers(String text) {
    return new RequestHeaders(
        text.isBlank() ? List.of() : Arrays.asList(text.trim().split("\\s*,\\s*", -1)));
  }

  private static Path folder(String text) {
    Path path = Path.of(text.trim());
    if (text.isBlank() || !Files.isDirectory(path)) {
      throw new IllegalArgumentException("not a folder");
    }
    return path;
  }

  private static Secret adminToken(String text) {
    if (text.length() < MIN_ADMIN_TOKEN_CHARACTERS) {
      throw new IllegalArgumentException("too short");
    }
    return Secret.of(text);
  }
}
