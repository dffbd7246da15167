package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.Administration;
import dev.tollgate.gateway.admin.Actor;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.ResultTable;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.config.Setting;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.log.LogProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Command line of the standalone jar. */
@Command(
    name = "tollgate",
    description = "A prepaid LLM gateway.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    scope = ScopeType.INHERIT,
    addMethodSubcommands = false,
    footer = {
      "",
      "Settings come from system properties (-Dtollgate.http.port=9000),",
      "environment variables (TOLLGATE_HTTP_PORT) or tollgate.properties, in this",
      "order. `tollgate settings` lists them. --config names another file."
    })
public final class Main {
  @Spec private CommandSpec spec;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print one JSON document instead of a table.")
  private boolean json;

  @Option(
      names = "--wide",
      scope = ScopeType.INHERIT,
      description = "Print all columns of a table, however wide.")
  private boolean wide;

  Main() {}

  @Option(
      names = "-D",
      paramLabel = "SETTING=VALUE",
      scope = ScopeType.INHERIT,
      description = "Set a setting, or another system property.")
  void setProperties(Map<String, String> properties) {
    properties.forEach(System::setProperty);
  }

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Read the settings of FILE, such as those of the service.")
  void setFile(String file) {
    if (file.isBlank()) {
      throw new ParameterException(
          spec.commandLine(), "--config '" + file + "': must be the path of a file");
    }
    System.setProperty("tollgate.config", file);
  }

  @Command(description = "List all settings: name, default, meaning, allowed values.")
  void settings() {
    output().print(ResultTable.of(GatewayConfig.settings(), Main::described));
  }

  private static Fields described(Setting<?> setting) {
    return new Fields()
        .add("setting", setting.name())
        .add("default", setting.defaultText())
        .add("meaning", setting.meaning())
        .add("allowed", setting.allowed());
  }

  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return "Tollgate " + (version == null ? "(not from a jar)" : version);
  }

  @Command(name = "version", description = "Print the version.")
  void printVersion() {
    spec.commandLine().printVersionHelp(spec.commandLine().getOut());
  }

  @Command(description = "Explain a command, such as: help project create.")
  void help(
      @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "The command.")
          @Nullable List<String> names) {
    CommandLine command = spec.commandLine();
    for (String name : names == null ? List.<String>of() : names) {
      CommandLine next = command.getSubcommands().get(name);
      if (next == null) {
        throw new CliException(ArgumentErrors.unknownCommand(name, command.getCommandSpec()));
      }
      command = next;
    }
    command.usage(spec.commandLine().getOut());
  }

  /** Version of this build. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {version()};
    }
  }

  /** Runs a command and ends the process with the command's exit code. */
  public static void main(String[] arguments) {
    LogProvider.choose();
    System.exit(Commands.line(arguments).execute(arguments));
  }

  Output output() {
    return output(json);
  }

  /** The output in JSON, or as text for people. */
  Output output(boolean inJson) {
    return new Output(spec.commandLine().getOut(), inJson, wide);
  }

  /** Reads the text given to an option or a parameter. */
  static <T> T read(String name, String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      throw new CliException(name + " '" + text + "': " + e.getMessage(), e);
    }
  }

  /** Prints the result of work on the configured database, see {@link #withAdmin}. */
  void print(Function<AdminService, Fields> work) {
    Fields result = withAdmin((admin, config) -> work.apply(admin));
    output().print(result);
  }

  /** Like {@link #print}, but creates a missing database. */
  void printFromNew(Function<AdminService, Fields> work) {
    GatewayConfig config = GatewayConfig.load();
    Fields result = withNewAdmin(config, (admin, same) -> work.apply(admin));
    output().print(result);
  }

  /** Prints a table of the results of work, with a row for each. */
  <T> void printAll(Function<AdminService, List<T>> work, Function<T, Fields> row) {
    output().print(ResultTable.of(withAdmin((admin, config) -> work.apply(admin)), row));
  }

  /**
   * Runs work on the configured database, which a server may have open. A missing database file is
   * an error, so a user in the wrong folder notices.
   */
  static <T> T withAdmin(BiFunction<AdminService, GatewayConfig, T> work) {
    GatewayConfig config = GatewayConfig.load();
    config.database().file().ifPresent(Main::requireFile);
    return withNewAdmin(config, work);
  }

  static void requireFile(Path file) {
    if (!Files.exists(file)) {
      throw new CliException(
          "there is no database " + file.toAbsolutePath() + "; serve or project create creates it");
    }
  }

  private static <T> T withNewAdmin(
      GatewayConfig config, BiFunction<AdminService, GatewayConfig, T> work) {
    loadLibrary(config);
    try (JdbcStores stores = JdbcStores.open(config.database(), config.masterKey())) {
      return work.apply(admin(stores), config);
    }
  }

  /** Loads the native library of the database driver. Call it before a database is opened. */
  static void loadLibrary(GatewayConfig config) {
    if (config.database().file().isPresent()) {
      LibraryCache.load();
    }
  }

  /** The administration of a database, with the command-line user as actor. */
  static AdminService admin(JdbcStores stores) {
    AdminService admin = Administration.of(stores, InstantSource.system());
    return admin.as(Actor.cli(System.getProperty("user.name", "-")));
  }
}
