package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.demo.DemoUpstream;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jetty.GatewayServer;
import dev.tollgate.gateway.ledger.Money;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    description =
        "Start the gateway with a built-in upstream and a project that has balance,"
            + " in a folder that is deleted at the end. Needs no key and no network.")
final class DemoCommand implements Runnable {
  private static final String PROJECT = "demo";
  private static final String BALANCE = "5.00";
  private static final String QUESTION =
      "{\"model\":\""
          + DemoUpstream.MODEL
          + "\",\"stream\":true,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"Hello, who are you?\"}]}";

  @Spec private CommandSpec spec;

  @Option(names = "--once", description = "Ask one question, print the answer, and end.")
  private boolean once;

  @Override
  public void run() {
    FileLimit limit = FileLimit.of(Running.configure());
    Secret upstreamKey = Secret.of("demo-upstream-key");
    Path folder;
    DemoUpstream upstream;
    try {
      folder = Files.createTempDirectory("tollgate-demo");
      upstream = new DemoUpstream(upstreamKey);
    } catch (IOException e) {
      throw new CliException("cannot start the demo: " + e, e);
    }
    Path database = folder.resolve("tollgate.db");
    GatewayConfig config =
        limit
            .fitted()
            .with(
                new UpstreamTarget(upstream.baseUrl(), upstreamKey), new DatabaseOptions(database));
    try {
      Main.loadLibrary(config);
      Gateway gateway = Gateway.builder().config(config).alias("/v1").build();
      Secret key = gateway.admin().createProject(PROJECT, Money.parse(BALANCE), null).key();
      GatewayServer server = Running.start(gateway, config);
      limit.say();
      if (once) {
        ask(server, key);
        server.drainAndClose(Duration.ZERO, config.drainTimeout());
      } else {
        Running.untilTold(server, config, () -> greet(server, key, database), () -> delete(folder));
      }
    } finally {
      upstream.close();
      delete(folder);
    }
  }

  private static URI chat(GatewayServer server) {
    return URI.create(server.uri() + "/api/v1/chat/completions?project_name=" + PROJECT);
  }

  private void ask(GatewayServer server, Secret key) {
    HttpRequest request =
        HttpRequest.newBuilder(chat(server))
            .header("X-API-Key", key.reveal())
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(QUESTION))
            .build();
    try {
      PrintWriter out = spec.commandLine().getOut();
      HttpClient.newHttpClient().send(request, BodyHandlers.ofLines()).body().forEach(out::println);
      out.flush();
    } catch (IOException e) {
      throw new CliException("the demo did not answer: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void greet(GatewayServer server, Secret key, Path database) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("Tollgate is listening on %s, with a built-in upstream.%n", server.uri());
    out.printf("Project \"%s\" has a balance of %s USD. Stream an answer:%n%n", PROJECT, BALANCE);
    out.printf(
        "curl -N '%s' -H 'X-API-Key: %s' -H 'Content-Type: application/json' -d '%s'%n%n",
        chat(server), key.reveal(), QUESTION);
    out.printf(
        "Read the ledger: java -Dtollgate.database.url=jdbc:sqlite:%s"
            + " -jar gateway-jetty/target/gateway.jar ledger %s%n",
        database, PROJECT);
    out.println("Stop it with Ctrl-C.");
    out.flush();
  }

  private static void delete(Path folder) {
    List<Path> files;
    try (Stream<Path> found = Files.list(folder)) {
      files = found.toList();
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // The folder is in the system's temporary directory, so a leftover is harmless.
    }
  }
}
