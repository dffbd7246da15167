package dev.tollgate.gateway.config;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.http.RequestHeaders;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.meter.MeterOptions.Unresolved;
import dev.tollgate.gateway.upstream.AccountErrors;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting: its name, what it is when nobody sets it, what is allowed, how its text is read.
 *
 * @param name the property; its environment variable has the same name in upper case, with {@code
 *     _} for dots and dashes
 * @param defaultText null: nothing
 * @param allowed what is allowed, for a message
 * @param secret whether the value must not be repeated in a message
 * @param parser throws {@link IllegalArgumentException} for what is not allowed
 */
record Setting<T>(
    String name,
    @Nullable String defaultText,
    String allowed,
    boolean secret,
    Function<String, T> parser) {
  private static final Duration MAX_DURATION = Duration.ofDays(365);
  private static final int MAX_PORT = 65_535;
  private static final int MAX_OUTPUT_TOKENS = 10_000_000;
  private static final int MAX_OPEN = 1_000_000;
  private static final long MIN_BODY_BYTES = 1L << 10;

  /** A body is kept in one array. */
  private static final long MAX_BODY_BYTES = 1L << 30;

  private static final long MIN_BODY_MEMORY_BYTES = 1L << 20;

  private static final int MIN_ADMIN_TOKEN_CHARACTERS = 32;

  static final Setting<String> HTTP_HOST =
      open("http.host", "127.0.0.1", "a host name or address", Setting::notBlank);
  static final Setting<Integer> HTTP_PORT =
      open("http.port", "8080", "a whole number from 0 to 65535", text -> whole(text, 0, MAX_PORT));
  static final Setting<Duration> HTTP_IDLE_TIMEOUT = duration("http.idle-timeout", "60s");
  static final Setting<Duration> HTTP_HEADERS_TIMEOUT = duration("http.headers-timeout", "30s");
  static final Setting<Integer> HTTP_MAX_CONNECTIONS =
      open(
          "http.max-connections",
          "20000",
          "a whole number from 1 to 1000000",
          text -> whole(text, 1, MAX_OPEN));
  static final Setting<Path> HTTP_TLS_KEY_STORE =
      open("http.tls.key-store", null, "the path of a PKCS12 or JKS file", Setting::path);
  static final Setting<Secret> HTTP_TLS_PASSWORD =
      secret("http.tls.password", "one line of printable ASCII", Secret::of);
  static final Setting<Boolean> HTTP_FORWARDED = flag("http.forwarded", "false");

  static final Setting<URI> UPSTREAM_URL =
      open(
          "upstream.url",
          "https://openrouter.ai/api/v1",
          "an http or https URL without query, fragment or user",
          Setting::baseUrl);
  static final Setting<Secret> UPSTREAM_KEY =
      secret("upstream.key", "one line of printable ASCII", Secret::of);
  static final Setting<String> UPSTREAM_PROFILE =
      open(
          "upstream.profile",
          "openrouter",
          "openrouter or generic",
          text -> oneOf(text, "openrouter", "generic"));
  static final Setting<Duration> UPSTREAM_CONNECT_TIMEOUT =
      duration("upstream.connect-timeout", "10s");
  static final Setting<Duration> UPSTREAM_HEADERS_TIMEOUT =
      duration("upstream.headers-timeout", "5m");
  static final Setting<Duration> UPSTREAM_IDLE_TIMEOUT = duration("upstream.idle-timeout", "5m");
  static final Setting<Duration> UPSTREAM_TOTAL_TIMEOUT = duration("upstream.total-timeout", "1h");
  static final Setting<Duration> UPSTREAM_KEEP_ALIVE_TIMEOUT =
      duration("upstream.keep-alive-timeout", "30s");
  static final Setting<Integer> UPSTREAM_MAX_CONNECTIONS =
      open(
          "upstream.max-connections",
          "10000",
          "a whole number from 1 to 65535",
          text -> whole(text, 1, MAX_PORT));

  static final Setting<Integer> UPSTREAM_MAX_QUEUED =
      open(
          "upstream.max-queued",
          "1000",
          "a whole number from 1 to 1000000",
          text -> whole(text, 1, MAX_OPEN));

  static final Setting<Duration> CLIENT_BODY_TIMEOUT = duration("client.body-timeout", "60s");
  static final Setting<Duration> CLIENT_WRITE_TIMEOUT = duration("client.write-timeout", "60s");

  static final Setting<RequestHeaders> RELAY_REQUEST_HEADERS =
      open(
          "relay.request-headers",
          "",
          "header names or prefixes that end in *, separated by commas;"
              + " never a credential, a hop-by-hop header or one that the gateway sets",
          Setting::headers);
  static final Setting<AccountErrors> RELAY_REDACT_ACCOUNT_ERRORS =
      open(
          "relay.redact-account-errors",
          "auto",
          "auto, true or false",
          text ->
              AccountErrors.valueOf(oneOf(text, "auto", "true", "false").toUpperCase(Locale.ROOT)));
  static final Setting<Boolean> RELAY_ASK_FOR_USAGE = flag("relay.ask-for-usage", "true");

  static final Setting<DatabaseOptions> DATABASE_URL =
      open(
          "database.url",
          "jdbc:sqlite:tollgate.db",
          "jdbc:sqlite: and the path of a file, or jdbc:postgresql://host:port/database",
          DatabaseOptions::parse);
  static final Setting<String> DATABASE_USER =
      open("database.user", null, "a name", Setting::notBlank);
  static final Setting<Secret> DATABASE_PASSWORD =
      secret("database.password", "one line of printable ASCII", Secret::of);
  static final Setting<MasterKey> MASTER_KEY =
      secret("master.key", "base64 of 32 bytes", MasterKey::parse);

  static final Setting<Secret> ADMIN_TOKEN =
      secret("admin.token", "at least 32 characters of printable ASCII", Setting::adminToken);
  static final Setting<Integer> ADMIN_HTTP_PORT =
      open(
          "admin.http.port",
          null,
          "a whole number from 0 to 65535",
          text -> whole(text, 0, MAX_PORT));
  static final Setting<HoldMode> HOLD_MODE =
      open(
          "hold.mode",
          "bounded",
          "bounded or strict",
          text -> HoldMode.valueOf(oneOf(text, "bounded", "strict").toUpperCase(Locale.ROOT)));
  static final Setting<Integer> HOLD_DEFAULT_OUTPUT_TOKENS =
      open(
          "hold.default-output-tokens",
          "4096",
          "a whole number from 1 to 10000000",
          text -> whole(text, 1, MAX_OUTPUT_TOKENS));
  static final Setting<Money> HOLD_UNKNOWN_PRICE = amount("hold.unknown-price", "0.10");
  static final Setting<Path> PRICES_FILE =
      open("prices.file", null, "the path of a JSON file", Setting::path);
  static final Setting<RatePolicy> LIMITS_RATE =
      open("limits.rate", "off", RatePolicy.FORM, text -> RatePolicy.parse(text.trim()));
  static final Setting<Integer> LIMITS_CONCURRENCY =
      open(
          "limits.concurrency",
          "0",
          "a whole number from 0 to 1000000; 0: any number",
          text -> whole(text, 0, MAX_OPEN));
  static final Setting<Integer> LIMITS_EXCHANGES =
      open(
          "limits.exchanges",
          "10000",
          "a whole number from 1 to 1000000",
          text -> whole(text, 1, MAX_OPEN));
  static final Setting<Long> LIMITS_BODY =
      open(
          "limits.body",
          "20MB",
          Sizes.FORM + ", from 1KB to 1GB",
          text -> bytes(text, MIN_BODY_BYTES, MAX_BODY_BYTES));
  static final Setting<Long> LIMITS_BODY_MEMORY =
      open(
          "limits.body-memory",
          null,
          Sizes.FORM + ", at least 1MB",
          text -> bytes(text, MIN_BODY_MEMORY_BYTES, Long.MAX_VALUE));
  static final Setting<Duration> PRICES_REFRESH = duration("prices.refresh", "10m");
  static final Setting<Money> BALANCE_LOW = amount("balance.low", "1.00");
  static final Setting<ModelAliases> PINATA_MODEL_ALIASES =
      open(
          "pinata.model-aliases",
          null,
          "pairs such as a/model-1-5=a/model-1.5, separated by commas",
          ModelAliases::parse);
  static final Setting<Duration> SETTLE_FIRST_DELAY = duration("settle.first-delay", "2s");
  static final Setting<Duration> SETTLE_MAX_DELAY = duration("settle.max-delay", "15m");
  static final Setting<Duration> SETTLE_KEEP_HOLD = duration("settle.keep-hold", "1h");
  static final Setting<Duration> SETTLE_GIVE_UP_AFTER = duration("settle.give-up-after", "24h");
  static final Setting<Unresolved> SETTLE_UNRESOLVED =
      open(
          "settle.unresolved",
          "estimate",
          "estimate, hold or release",
          text ->
              Unresolved.valueOf(
                  oneOf(text, "estimate", "hold", "release").toUpperCase(Locale.ROOT)));
  static final Setting<Money> SETTLE_MAX_COST = amount("settle.max-cost", "1000.00");
  static final Setting<Duration> LEASE_TTL = duration("lease.ttl", "30s");
  static final Setting<Duration> DRAIN_DELAY =
      open("drain.delay", "0s", Durations.FORM + ", at most 365d", Setting::durationOrNone);
  static final Setting<Duration> DRAIN_TIMEOUT = duration("drain.timeout", "30s");
  static final Setting<AccessLog.Format> LOG_FORMAT =
      open(
          "log.format",
          "text",
          "text or json",
          text -> AccessLog.Format.valueOf(oneOf(text, "text", "json").toUpperCase(Locale.ROOT)));
  static final Setting<Path> EXTENSIONS =
      open("extensions", null, "the path of a folder", Setting::folder);

  static final List<Setting<?>> ALL =
      List.of(
          HTTP_HOST,
          HTTP_PORT,
          HTTP_IDLE_TIMEOUT,
          HTTP_HEADERS_TIMEOUT,
          HTTP_MAX_CONNECTIONS,
          HTTP_TLS_KEY_STORE,
          HTTP_TLS_PASSWORD,
          HTTP_FORWARDED,
          UPSTREAM_URL,
          UPSTREAM_KEY,
          UPSTREAM_PROFILE,
          UPSTREAM_CONNECT_TIMEOUT,
          UPSTREAM_HEADERS_TIMEOUT,
          UPSTREAM_IDLE_TIMEOUT,
          UPSTREAM_TOTAL_TIMEOUT,
          UPSTREAM_KEEP_ALIVE_TIMEOUT,
          UPSTREAM_MAX_CONNECTIONS,
          UPSTREAM_MAX_QUEUED,
          CLIENT_BODY_TIMEOUT,
          CLIENT_WRITE_TIMEOUT,
          RELAY_REQUEST_HEADERS,
          RELAY_REDACT_ACCOUNT_ERRORS,
          RELAY_ASK_FOR_USAGE,
          DATABASE_URL,
          DATABASE_USER,
          DATABASE_PASSWORD,
          MASTER_KEY,
          ADMIN_TOKEN,
          ADMIN_HTTP_PORT,
          HOLD_MODE,
          HOLD_DEFAULT_OUTPUT_TOKENS,
          HOLD_UNKNOWN_PRICE,
          PRICES_REFRESH,
          PRICES_FILE,
          LIMITS_RATE,
          LIMITS_CONCURRENCY,
          LIMITS_EXCHANGES,
          LIMITS_BODY,
          LIMITS_BODY_MEMORY,
          BALANCE_LOW,
          PINATA_MODEL_ALIASES,
          SETTLE_FIRST_DELAY,
          SETTLE_MAX_DELAY,
          SETTLE_KEEP_HOLD,
          SETTLE_GIVE_UP_AFTER,
          SETTLE_UNRESOLVED,
          SETTLE_MAX_COST,
          LEASE_TTL,
          DRAIN_DELAY,
          DRAIN_TIMEOUT,
          LOG_FORMAT,
          EXTENSIONS);

  private static <T> Setting<T> open(
      String name, @Nullable String defaultText, String allowed, Function<String, T> parser) {
    return new Setting<>("tollgate." + name, defaultText, allowed, false, parser);
  }

  private static <T> Setting<T> secret(String name, String allowed, Function<String, T> parser) {
    return new Setting<>("tollgate." + name, null, allowed, true, parser);
  }

  private static Setting<Boolean> flag(String name, String defaultText) {
    return open(
        name, defaultText, "true or false", text -> Boolean.valueOf(oneOf(text, "true", "false")));
  }

  private static Setting<Duration> duration(String name, String defaultText) {
    return open(
        name, defaultText, Durations.FORM + ", not 0, at most 365d", Setting::positiveDuration);
  }

  private static Setting<Money> amount(String name, String defaultText) {
    return open(
        name,
        defaultText,
        "an amount of US dollars above 0, such as 0.10",
        Setting::positiveAmount);
  }

  /** The environment variable that sets it. */
  String variable() {
    return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  private static String notBlank(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("blank");
    }
    return text.trim();
  }

  private static Path path(String text) {
    return Path.of(notBlank(text));
  }

  private static int whole(String text, int min, int max) {
    int number = Integer.parseInt(text.trim());
    if (number < min || number > max) {
      throw new IllegalArgumentException("out of range");
    }
    return number;
  }

  private static String oneOf(String text, String... allowed) {
    if (!Arrays.asList(allowed).contains(text.trim())) {
      throw new IllegalArgumentException("not one of them");
    }
    return text.trim();
  }

  private static Duration positiveDuration(String text) {
    Duration duration = durationOrNone(text);
    if (duration.isZero()) {
      throw new IllegalArgumentException("out of range");
    }
    return duration;
  }

  private static Duration durationOrNone(String text) {
    Duration duration = Durations.parse(text);
    if (duration.compareTo(MAX_DURATION) > 0) {
      throw new IllegalArgumentException("out of range");
    }
    return duration;
  }

  private static long bytes(String text, long least, long most) {
    long bytes = Sizes.parse(text);
    if (bytes < least || bytes > most) {
      throw new IllegalArgumentException("out of range");
    }
    return bytes;
  }

  private static Money positiveAmount(String text) {
    Money amount = Money.parse(text.trim());
    if (!amount.isPositive()) {
      throw new IllegalArgumentException("out of range");
    }
    return amount;
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
    Path path = Path.of(notBlank(text));
    if (!Files.isDirectory(path)) {
      throw new IllegalArgumentException("no folder");
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
