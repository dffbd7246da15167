package dev.tollgate.gateway.config;

import static dev.tollgate.gateway.config.Setting.shown;

import dev.tollgate.gateway.exchange.UnknownPath;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The sources of settings, in order of precedence. Unknown property names are rejected. */
final class Sources {
  private static final Logger LOG = System.getLogger(Sources.class.getName());
  private static final String PREFIX = "tollgate.";
  private static final String VARIABLE_PREFIX = "TOLLGATE_";
  private static final String FILE_PROPERTY = "tollgate.config";
  private static final String FILE_VARIABLE = "TOLLGATE_CONFIG";

  /** Variables that are no settings: the file's, and the one that bin/tollgate reads. */
  private static final Set<String> OTHER_VARIABLES = Set.of(FILE_VARIABLE, "TOLLGATE_JAVA_OPTS");

  /** A name with up to this many wrong characters is probably a typing error. */
  private static final int MAX_TYPING_ERRORS = 3;

  private final Map<String, String> systemProperties;
  private final Map<String, String> environment;
  private final SettingsFile file;
  private final Map<String, String> contextParameters;

  /**
   * @param directory the directory of {@code tollgate.properties}; null: no file is read
   * @throws ConfigException if a property is unknown or the file cannot be read
   */
  Sources(
      Map<String, String> systemProperties,
      Map<String, String> environment,
      @Nullable Path directory,
      Map<String, String> contextParameters) {
    this.systemProperties = ours(systemProperties);
    this.environment = environment;
    this.contextParameters = ours(contextParameters);
    refuseUnknown(this.systemProperties.keySet(), "");
    warnOfUnknownVariables(environment.keySet(), "");
    file = directory == null ? SettingsFile.NONE : readFile(directory);
    refuseUnknown(this.contextParameters.keySet(), " in the context parameters");
  }

  private static Map<String, String> ours(Map<String, String> properties) {
    return properties.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(PREFIX))
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  static Map<String, String> strings(Properties properties) {
    return properties.stringPropertyNames().stream()
        .collect(Collectors.toUnmodifiableMap(Function.identity(), properties::getProperty));
  }

  private static void refuseUnknown(Collection<String> names, String where) {
    Set<String> unknown = new TreeSet<>(names);
    Settings.ALL.forEach(setting -> unknown.remove(setting.name()));
    unknown.remove(FILE_PROPERTY);
    if (!unknown.isEmpty()) {
      String near = near(unknown, Setting::name);
      throw new ConfigException(
          "unknown setting "
              + shown(String.join(", ", unknown))
              + where
              + (near.isEmpty() ? "; docs/configuration.md lists all settings" : near));
    }
  }

  private static void warnOfUnknownVariables(Collection<String> names, String where) {
    Set<String> unknown =
        names.stream()
            .filter(name -> name.startsWith(VARIABLE_PREFIX))
            .collect(Collectors.toCollection(TreeSet::new));
    Settings.ALL.forEach(setting -> unknown.remove(setting.variable()));
    unknown.removeAll(OTHER_VARIABLES);
    if (!unknown.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "unknown environment variable, ignored: {0}{1}{2}",
          shown(String.join(", ", unknown)),
          where,
          near(unknown, Setting::variable));
    }
  }

  /** A question that suggests similar names for a message; empty if there are none. */
  private static String near(Collection<String> unknown, Function<Setting<?>, String> name) {
    List<String> names = Settings.ALL.stream().map(name).toList();
    String near =
        unknown.stream()
            .flatMap(
                wrong ->
                    names.stream()
                        .filter(right -> errors(wrong, right) <= MAX_TYPING_ERRORS)
                        .min(Comparator.comparingInt(right -> errors(wrong, right)))
                        .stream())
            .distinct()
            .collect(Collectors.joining(", "));
    return near.isEmpty() ? "" : "; did you mean " + near + "?";
  }

  private static int errors(String wrong, String right) {
    return Math.abs(wrong.length() - right.length()) > MAX_TYPING_ERRORS
        ? Integer.MAX_VALUE
        : UnknownPath.distance(wrong, right);
  }

  private SettingsFile readFile(Path directory) {
    String variable = variable(FILE_VARIABLE);
    String otherwise = variable == null ? contextParameters.get(FILE_PROPERTY) : variable;
    String named = systemProperties.getOrDefault(FILE_PROPERTY, otherwise);
    if (named != null && named.isBlank()) {
      return SettingsFile.NONE;
    }
    Path path = directory.resolve(named == null ? "tollgate.properties" : named);
    if (named == null && !Files.exists(path)) {
      return SettingsFile.NONE;
    }
    SettingsFile read = SettingsFile.read(FILE_PROPERTY, path);
    refuseUnknown(read.properties().keySet(), " in " + path);
    warnOfUnknownVariables(read.variables().keySet(), " in " + path);
    return read;
  }

  /**
   * The value of an environment variable; null if it is blank, because orchestrators pass an unset
   * variable as an empty one.
   */
  private @Nullable String variable(String name) {
    return ofVariable(environment, name);
  }

  private static @Nullable String ofVariable(Map<String, String> variables, String name) {
    String value = variables.get(name);
    return value == null || value.isBlank() ? null : value;
  }

  /** The value of another program's variable, from the environment or the file. */
  @Nullable String foreign(String name) {
    String value = variable(name);
    return value == null ? ofVariable(file.variables(), name) : value;
  }

  /**
   * The value of a setting, or its default; null if there is neither.
   *
   * @throws ConfigException if the value is not allowed
   */
  <T> @Nullable T optional(Setting<T> setting) {
    String name = setting.name();
    String variable = setting.variable();
    String text = systemProperties.get(name);
    String exported = variable(variable);
    if (text == null && exported != null) {
      return setting.parse(variable, exported);
    }
    text = text == null ? file.properties().get(name) : text;
    String line = ofVariable(file.variables(), variable);
    if (text == null && line != null) {
      return setting.parse(variable, line);
    }
    text = text == null ? contextParameters.get(name) : text;
    text = text == null ? setting.defaultText() : text;
    return text == null ? null : setting.parse(name, text);
  }

  /**
   * The value of a setting that must have one.
   *
   * @throws ConfigException if the setting has no value, or the value is not allowed
   */
  <T> T required(Setting<T> setting) {
    T value = optional(setting);
    if (value == null) {
      throw new ConfigException(setting.name() + " is not set; allowed: " + setting.allowed());
    }
    return value;
  }
}
