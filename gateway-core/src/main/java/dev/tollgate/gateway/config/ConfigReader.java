package dev.tollgate.gateway.config;

import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.client.ClientOptions;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.meter.MeterOptions;
import dev.tollgate.gateway.upstream.ReconcilerOptions;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import java.io.IOException;
import java.io.Reader;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a {@link GatewayConfig} from its sources, in their order of precedence. */
final class ConfigReader {
  private static final Logger LOG = System.getLogger(ConfigReader.class.getName());
  private static final String PREFIX = "tollgate.";
  private static final String VARIABLE_PREFIX = "TOLLGATE_";
  private static final String FILE_PROPERTY = "tollgate.config";
  private static final String FILE_VARIABLE = "TOLLGATE_CONFIG";
  private static final String OPENROUTER_KEY = "OPENROUTER_API_KEY";
  private static final int MAX_SHOWN_CHARACTERS = 80;

  private final Map<String, String> systemProperties;
  private final Map<String, String> environment;
  private final @Nullable Path directory;
  private final Map<String, String> contextParameters;

  /**
   * @param directory where {@code tollgate.properties} is looked for; null: no file is read
   */
  ConfigReader(
      Map<String, String> systemProperties,
      Map<String, String> environment,
      @Nullable Path directory,
      Map<String, String> contextParameters) {
    this.systemProperties = ours(systemProperties);
    this.environment = environment;
    this.directory = directory;
    this.contextParameters = ours(contextParameters);
  }

  static ConfigReader ofThisProcess(Map<String, String> contextParameters) {
    return new ConfigReader(
        strings(System.getProperties()), System.getenv(), Path.of(""), contextParameters);
  }

  private static Map<String, String> ours(Map<String, String> properties) {
    return properties.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(PREFIX))
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static Map<String, String> strings(Properties properties) {
    Map<String, String> strings = new HashMap<>();
    for (String name : properties.stringPropertyNames()) {
      strings.put(name, properties.getProperty(name));
    }
    return strings;
  }

  GatewayConfig read() {
    refuseUnknown("property", systemProperties.keySet());
    warnOfUnknownVariables();
    Map<String, String> file = readFile();
    refuseUnknown("context parameter", contextParameters.keySet());
    return new Values(file).config();
  }

  private static void refuseUnknown(String what, Collection<String> names) {
    Set<String> unknown = new TreeSet<>(names);
    Setting.ALL.forEach(setting -> unknown.remove(setting.name()));
    unknown.remove(FILE_PROPERTY);
    if (!unknown.isEmpty()) {
      throw new ConfigException(
          "unknown "
              + what
              + ": "
              + shown(String.join(", ", unknown))
              + "; see docs/configuration.md");
    }
  }

  private void warnOfUnknownVariables() {
    Set<String> unknown = new TreeSet<>();
    for (String name : environment.keySet()) {
      if (name.startsWith(VARIABLE_PREFIX)) {
        unknown.add(name);
      }
    }
    Setting.ALL.forEach(setting -> unknown.remove(setting.variable()));
    unknown.remove(FILE_VARIABLE);
    if (!unknown.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "unknown environment variable, ignored: {0}",
          shown(String.join(", ", unknown)));
    }
  }

  /** An orchestrator passes on a variable that is not set as an empty one. */
  private @Nullable String variable(String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value;
  }

  private Map<String, String> readFile() {
    String named = systemProperties.getOrDefault(FILE_PROPERTY, variable(FILE_VARIABLE));
    if (named == null) {
      named = contextParameters.get(FILE_PROPERTY);
    }
    if (directory == null || (named != null && named.isBlank())) {
      return Map.of();
    }
    Path path = directory.resolve(named == null ? "tollgate.properties" : named);
    if (named == null && !Files.exists(path)) {
      return Map.of();
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException(FILE_PROPERTY + ": cannot read " + path + ": " + e);
    }
    Map<String, String> values = strings(properties);
    refuseUnknown("property in " + path, values.keySet());
    return values;
  }

  private static String shown(String value) {
    String line =
        value
            .replaceAll("\\p{Cntrl}", "?")
            // A URL may hold what is nobody's business, and one that is refused may hold it in
            // any spelling: a password with a slash or an at sign, say.
            .replaceAll("(?s)//.*@", "//***@")
            .replaceAll("(?i)(password=)[^&]*", "$1***");
    return line.length() > MAX_SHOWN_CHARACTERS
        ? line.substring(0, MAX_SHOWN_CHARACTERS) + "..."
        : line;
  }

  /** The values, once it is known where each may come from. */
  private final class Values {
    private final Map<String, String> file;

    Values(Map<String, String> file) {
      this.file = file;
    }

    GatewayConfig config() {
      return new GatewayConfig(
          new GatewayConfig.Http(
              required(Setting.HTTP_HOST),
              required(Setting.HTTP_PORT),
              required(Setting.HTTP_IDLE_TIMEOUT),
              required(Setting.HTTP_HEADERS_TIMEOUT),
              required(Setting.HTTP_MAX_CONNECTIONS),
              tls(),
              required(Setting.HTTP_FORWARDED)),
          new UpstreamTarget(required(Setting.UPSTREAM_URL), upstreamKey()),
          new UpstreamOptions(
              required(Setting.UPSTREAM_CONNECT_TIMEOUT),
              required(Setting.UPSTREAM_HEADERS_TIMEOUT),
              required(Setting.UPSTREAM_IDLE_TIMEOUT),
              required(Setting.UPSTREAM_TOTAL_TIMEOUT),
              required(Setting.UPSTREAM_KEEP_ALIVE_TIMEOUT),
              required(Setting.UPSTREAM_MAX_CONNECTIONS),
              required(Setting.UPSTREAM_MAX_QUEUED),
              required(Setting.RELAY_REDACT_ACCOUNT_ERRORS)),
          new ClientOptions(
              required(Setting.CLIENT_BODY_TIMEOUT), required(Setting.CLIENT_WRITE_TIMEOUT)),
          required(Setting.RELAY_REQUEST_HEADERS),
          required(Setting.RELAY_ASK_FOR_USAGE),
          required(Setting.DATABASE_URL)
              .withLogin(optional(Setting.DATABASE_USER), optional(Setting.DATABASE_PASSWORD)),
          optional(Setting.MASTER_KEY),
          new GatewayConfig.Admin(optional(Setting.ADMIN_TOKEN), optional(Setting.ADMIN_HTTP_PORT)),
          new MeterOptions(
              required(Setting.HOLD_MODE),
              required(Setting.HOLD_DEFAULT_OUTPUT_TOKENS),
              required(Setting.HOLD_UNKNOWN_PRICE),
              required(Setting.SETTLE_MAX_COST),
              required(Setting.SETTLE_UNRESOLVED),
              required(Setting.UPSTREAM_PROFILE).equals("openrouter")),
          new ReconcilerOptions(
              required(Setting.SETTLE_FIRST_DELAY),
              required(Setting.SETTLE_MAX_DELAY),
              required(Setting.SETTLE_KEEP_HOLD),
              required(Setting.SETTLE_GIVE_UP_AFTER)),
          new GatewayConfig.Prices(required(Setting.PRICES_REFRESH), optional(Setting.PRICES_FILE)),
          new Limits(
              required(Setting.LIMITS_RATE),
              required(Setting.LIMITS_CONCURRENCY),
              null,
              SpendingCaps.NONE),
          required(Setting.LIMITS_EXCHANGES),
          required(Setting.LIMITS_BODY),
          bodyMemory(),
          required(Setting.BALANCE_LOW),
          modelAliases(),
          required(Setting.LEASE_TTL),
          required(Setting.DRAIN_DELAY),
          required(Setting.DRAIN_TIMEOUT),
          required(Setting.LOG_FORMAT),
          optional(Setting.EXTENSIONS));
    }

    private long bodyMemory() {
      Long bytes = optional(Setting.LIMITS_BODY_MEMORY);
      return bytes == null ? Runtime.getRuntime().maxMemory() / 4 : bytes;
    }

    private GatewayConfig.@Nullable Tls tls() {
      Path keyStore = optional(Setting.HTTP_TLS_KEY_STORE);
      Secret password = optional(Setting.HTTP_TLS_PASSWORD);
      if (keyStore == null && password == null) {
        return null;
      }
      // One without the other: whoever wants TLS must not get clear text by a slip.
      return new GatewayConfig.Tls(
          required(Setting.HTTP_TLS_KEY_STORE), required(Setting.HTTP_TLS_PASSWORD));
    }

    private ModelAliases modelAliases() {
      ModelAliases aliases = optional(Setting.PINATA_MODEL_ALIASES);
      if (aliases != null) {
        return aliases;
      }
      // Another upstream than OpenRouter may well know the very names that OpenRouter does not.
      return required(Setting.UPSTREAM_PROFILE).equals("openrouter")
          ? ModelAliases.DEFAULTS
          : ModelAliases.none();
    }

    private @Nullable Secret upstreamKey() {
      Secret key = optional(Setting.UPSTREAM_KEY);
      String fallback = variable(OPENROUTER_KEY);
      return key == null && fallback != null
          ? parse(Setting.UPSTREAM_KEY, OPENROUTER_KEY, fallback)
          : key;
    }

    private <T> T required(Setting<T> setting) {
      T value = optional(setting);
      if (value == null) {
        throw new ConfigException(setting.name() + " is not set; allowed: " + setting.allowed());
      }
      return value;
    }

    private <T> @Nullable T optional(Setting<T> setting) {
      List<String[]> sources = new ArrayList<>();
      sources.add(new String[] {setting.name(), systemProperties.get(setting.name())});
      sources.add(new String[] {setting.variable(), variable(setting.variable())});
      sources.add(new String[] {setting.name(), file.get(setting.name())});
      sources.add(new String[] {setting.name(), contextParameters.get(setting.name())});
      sources.add(new String[] {setting.name(), setting.defaultText()});
      for (String[] source : sources) {
        if (source[1] != null) {
          return parse(setting, source[0], source[1]);
        }
      }
      return null;
    }

    private <T> T parse(Setting<T> setting, String name, String text) {
      try {
        return setting.parser().apply(text);
      } catch (IllegalArgumentException e) {
        String value = setting.secret() ? text.length() + " characters" : "'" + shown(text) + "'";
        throw new ConfigException(
            name + " is " + value + ", which is not allowed; allowed: " + setting.allowed());
      }
    }
  }
}
