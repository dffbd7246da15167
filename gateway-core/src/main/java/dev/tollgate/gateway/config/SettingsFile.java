package dev.tollgate.gateway.config;

import dev.tollgate.gateway.account.OwnerOnly;
import java.io.IOException;
import java.io.StringReader;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * The settings in a file. A line names a setting by its property or by its variable, so the file
 * may be the {@code EnvironmentFile} of a systemd service.
 *
 * @param properties the values by the names of properties
 * @param variables the values by the names of variables, those of other programs among them
 */
record SettingsFile(Map<String, String> properties, Map<String, String> variables) {
  static final SettingsFile NONE = new SettingsFile(Map.of(), Map.of());

  private static final Logger LOG = System.getLogger(SettingsFile.class.getName());
  private static final Pattern VARIABLE = Pattern.compile("[A-Z][A-Z0-9_]*");

  SettingsFile {
    properties = Map.copyOf(properties);
    variables = Map.copyOf(variables);
  }

  /**
   * Reads a file, and logs a warning if it holds a secret that all users can read.
   *
   * @param source the name of the setting that names the file, for messages
   * @throws ConfigException if the file cannot be read, or sets a setting twice
   */
  static SettingsFile read(String source, Path path) {
    VariableLines assigned;
    Properties lines = new Properties();
    try {
      assigned = VariableLines.parse(Files.readString(path));
      lines.load(new StringReader(assigned.rest()));
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException(source + ": cannot read " + path + ": " + reason(e));
    }
    Map<String, String> properties = new HashMap<>();
    Map<String, String> variables = new HashMap<>(assigned.values());
    Sources.strings(lines)
        .forEach(
            (name, value) ->
                (VARIABLE.matcher(name).matches() ? variables : properties).put(name, value));
    SettingsFile file = new SettingsFile(properties, variables);
    file.refuseTwice(path);
    file.warnOfReaders(path);
    return file;
  }

  private static String reason(Exception e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (e instanceof IllegalArgumentException) {
      return String.valueOf(e.getMessage());
    }
    return e instanceof AccessDeniedException
        ? "user " + System.getProperty("user.name") + " has no permission to read it"
        : e.toString();
  }

  private void refuseTwice(Path path) {
    for (Setting<?> setting : Settings.ALL) {
      if (properties.containsKey(setting.name()) && variables.containsKey(setting.variable())) {
        throw new ConfigException(
            path + " sets both " + setting.name() + " and " + setting.variable() + "; keep one");
      }
    }
  }

  private void warnOfReaders(Path path) {
    boolean holdsSecrets =
        Settings.ALL.stream()
            .filter(Setting::isSecret)
            .anyMatch(
                setting ->
                    properties.containsKey(setting.name())
                        || variables.containsKey(setting.variable()));
    if (holdsSecrets) {
      OwnerOnly.readableByAll(path)
          .ifPresent(
              permissions ->
                  LOG.log(
                      Level.WARNING,
                      "all users can read the secrets in {0} ({1}); run chmod o-r {0}",
                      path.toAbsolutePath(),
                      permissions));
    }
  }
}
