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
      "Start the gateway and serve until told to end.",
      "SIGTERM or Ctrl-C: open requests go on for tollgate.drain.timeout at most; then they are"
          + " broken off. Exit code 0: it was told to; 2: it could not be started."
    })
final class ServeCommand implements Runnable {
  private static final Logger LOG = System.getLogger(ServeCommand.class.getName());

  @Spec private CommandSpec spec;

  @Option(
      names = "--new-database",
      description =
          "Make an empty SQLite database where one was lost. Without this, a start that finds the"
              + " master key or the lock of a database, but not the database, is refused.")
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
