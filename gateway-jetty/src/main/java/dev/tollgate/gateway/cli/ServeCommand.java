package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.jetty.GatewayServer;
import java.io.PrintWriter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "serve",
    description = {
      "Start the gateway and serve until it is stopped.",
      "SIGTERM or Ctrl-C stops it: open requests have tollgate.drain.timeout to finish, then"
          + " they are aborted. Exit code 0: stopped; 2: could not start."
    })
final class ServeCommand implements Runnable {
  private static final Logger LOG = System.getLogger(ServeCommand.class.getName());

  @Spec private CommandSpec spec;

  @Option(
      names = "--new-database",
      description =
          "Create an empty SQLite database in place of a lost one. Without this option, the"
              + " server refuses to start if it finds a database's master key or lock file but"
              + " not the database.")
  private boolean newDatabase;

  /** Does not return. */
  @Override
  public void run() {
    FileLimit limit = FileLimit.of(Running.configure());
    GatewayConfig config = limit.fitted();
    Main.loadLibrary(config);
    if (newDatabase) {
      JdbcStores.create(config.database(), config.masterKey());
    }
    Gateway gateway = Gateway.builder().config(config).alias("/v1").discover().build();
    GatewayServer server = Running.start(gateway, config);
    // After the start, so a refused start logs only its reason.
    limit.say();
    if (config.target().defaultKey() == null) {
      LOG.log(
          Level.WARNING,
          "no default upstream key: only projects with a key of their own can call;"
              + " set TOLLGATE_UPSTREAM_KEY or OPENROUTER_API_KEY");
    }
    Running.untilTold(server, config, () -> greet(server), () -> {});
  }

  private void greet(GatewayServer server) {
    PrintWriter out = spec.commandLine().getOut();
    server.adminUri().ifPresent(uri -> out.println("The admin API is at " + uri));
    out.println("Tollgate is listening on " + server.uri());
    out.flush();
  }
}
