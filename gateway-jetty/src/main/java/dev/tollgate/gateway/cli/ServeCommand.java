package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.jetty.GatewayServer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "serve",
    description = {
      "Start the gateway and serve until told to end.",
      "SIGTERM or Ctrl-C: open requests go on for tollgate.drain.timeout at most; a second one"
          + " breaks them off. Exit code 0: it was told to; 2: it could not be started."
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

  @Override
  public void run() {
    serve(newDatabase, spec.commandLine().getOut()::println);
  }

  /** Does not return. */
  static void serve(boolean newDatabase, Consumer<String> out) {
    FileLimit limit = FileLimit.of(Running.configure());
    GatewayConfig config = limit.fitted();
    Main.loadLibrary(config);
    if (newDatabase) {
      JdbcStores.create(config.database(), config.masterKey());
    }
    Gateway gateway = Gateway.builder().config(config).alias("/v1").discover().build();
    GatewayServer server = Running.start(gateway, config);
    // Only now: a start that is refused says nothing else.
    limit.say();
    if (config.target().defaultKey() == null) {
      LOG.log(
          Level.WARNING,
          "no default upstream key: only projects with a key of their own can call;"
              + " set TOLLGATE_UPSTREAM_KEY or OPENROUTER_API_KEY");
    }
    Heap.keepLittleFreeLater();
    Running.untilTold(server, config, () -> greet(server, out), () -> {});
  }

  private static void greet(GatewayServer server, Consumer<String> out) {
    server.adminUri().ifPresent(uri -> out.accept("The admin API is at " + uri));
    out.accept("Tollgate is listening on " + server.uri());
  }
}
