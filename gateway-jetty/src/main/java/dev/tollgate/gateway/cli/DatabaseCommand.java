package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.ResultTable;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.jdbc.DatabaseCopy;
import dev.tollgate.gateway.jdbc.DatabaseCopy.Difference;
import dev.tollgate.gateway.jdbc.DatabaseCopy.Result;
import dev.tollgate.gateway.jdbc.DatabaseCopy.Table;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "database", description = "Copy a SQLite database to PostgreSQL.")
final class DatabaseCommand {
  private static final int EXIT_COPIED = 0;
  private static final int EXIT_DIFFERENT = 1;

  /** A password in a URL: a parameter of the driver, or between the user and the host. */
  private static final Pattern PASSWORD = Pattern.compile("(?i)password=|//[^/]*:[^/]*@");

  @ParentCommand private Main main;

  @Command(
      description = {
        "Copy the configured SQLite database into an empty PostgreSQL database, and prove that"
            + " check and every balance agree on both sides. Stop the server first.",
        "All is copied in one transaction: if the copy fails, the target stays empty.",
        "The source stays as it is. Never start a server on it afterwards: its balances would be"
            + " spent twice.",
        "Exit code 0: copied; 1: the two sides differ, or the copy failed unexpectedly; 2: the copy"
            + " could not run. After 1 and 2, nothing was copied, unless the message is that the"
            + " output cannot be written."
      })
  int copy(
      @Option(
              names = "--to",
              paramLabel = "URL",
              required = true,
              description = "The target: jdbc:postgresql://HOST/DATABASE. It must exist.")
          String to,
      @Option(
              names = "--to-user",
              paramLabel = "NAME",
              description = "The user of the target, who will own its tables.")
          @Nullable String user,
      @Option(
              names = "--to-password-file",
              paramLabel = "FILE",
              description = "File with the user's password; - for standard input.")
          @Nullable String passwordFile) {
    GatewayConfig config = GatewayConfig.load();
    DatabaseOptions source = config.database();
    source.file().ifPresent(Main::requireFile);
    DatabaseOptions target = target(to);
    Secret password = passwordFile == null ? null : SecretFile.read(passwordFile, "password");
    Main.loadLibrary(config);
    long start = System.nanoTime();
    Result result =
        DatabaseCopy.run(
            source,
            config.masterKey(),
            target.withLogin(user, password),
            Instant.now(),
            config.reconciler().longestDelay());
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    Fields fields = fields(result, millis);
    if (result.differences().isEmpty()) {
      fields.add(
          "settings", ResultTable.of(settings(config, user, passwordFile), DatabaseCommand::row));
    }
    main.output().print(fields);
    return result.differences().isEmpty() ? EXIT_COPIED : EXIT_DIFFERENT;
  }

  private static DatabaseOptions target(String url) {
    if (PASSWORD.matcher(url).find()) {
      throw new CliException(
          "--to holds a password, which other users of this machine can see;"
              + " use --to-password-file");
    }
    try {
      return DatabaseOptions.parse(url);
    } catch (IllegalArgumentException e) {
      throw new CliException("--to is '" + url + "'; allowed: jdbc:postgresql://HOST/DATABASE", e);
    }
  }

  private static Fields fields(Result result, long millis) {
    boolean same = result.differences().isEmpty();
    return new Fields()
        .add("ok", same)
        .add("violations", result.violations())
        .add("projects", result.rows("project"))
        .add("entries", result.rows("ledger_entry"))
        .add("balance", Fields.balance(result.balance()))
        .add("open", result.open())
        .add("pending", result.pending())
        .add("ms", millis)
        .add("tables", ResultTable.of(result.tables(), DatabaseCommand::row))
        .add("differences", ResultTable.of(result.differences(), DatabaseCommand::row));
  }

  private static Fields row(Table table) {
    return new Fields().add("table", table.name()).add("rows", table.rows());
  }

  private static Fields row(Difference difference) {
    return new Fields()
        .add("subject", difference.subject())
        .add("source", difference.source())
        .add("target", difference.target());
  }

  /** A setting of servers and commands on the target, in words: never a secret. */
  private record NewValue(String setting, String value) {}

  private static List<NewValue> settings(
      GatewayConfig config, @Nullable String user, @Nullable String passwordFile) {
    List<NewValue> settings = new ArrayList<>();
    settings.add(new NewValue("tollgate.database.url", "the URL of --to"));
    if (user != null) {
      settings.add(new NewValue("tollgate.database.user", user));
    }
    if (passwordFile != null) {
      settings.add(new NewValue("tollgate.database.password", "the same password"));
    }
    settings.add(
        new NewValue(
            "tollgate.master.key",
            config.masterKey() != null
                ? "unchanged"
                : JdbcStores.masterKeyFile(config.database())
                    .map(file -> "the content of " + file)
                    .orElseThrow()));
    return settings;
  }

  private static Fields row(NewValue value) {
    return new Fields().add("setting", value.setting()).add("value", value.value());
  }
}
