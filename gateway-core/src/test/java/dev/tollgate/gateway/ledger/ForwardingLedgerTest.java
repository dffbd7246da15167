package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger around another one is as good as that, and hears what the gateway says. */
class ForwardingLedgerTest extends LedgerContract {
  private final InMemoryLedger books = new InMemoryLedger();
  private int projects;

  @TempDir Path directory;

  /** Writes down who was held money, in words of its own. */
  private static final class Listening extends ForwardingLedger {
    private final String name;
    private final List<String> heard;

    Listening(String name, List<String> heard, Ledger ledger) {
      super(ledger);
      this.name = name;
      this.heard = heard;
    }

    @Override
    public CompletionStage<Settled> capture(Capture capture) {
      heard.add(name);
      return super.capture(capture);
    }
  }

  @Override
  protected Ledger freshLedger() {
    return new Listening("only", new CopyOnWriteArrayList<>(), books);
  }

  @Override
  protected String newProject() {
    String id = "prj_" + projects++;
    books.addProject(id);
    return id;
  }

  @Override
  protected List<Entry> entries(String projectId) {
    return books.entries(projectId);
  }

  @Test
  void theLastDecorationIsTheOuterOne() throws Exception {
    List<String> heard = new CopyOnWriteArrayList<>();
    ScriptedUpstream upstream = new ScriptedUpstream();
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.001}}")));
    try (upstream;
        Gateway gateway =
            Gateway.builder()
                .config(
                    GatewayConfig.of(
                        Map.of(
                            "tollgate.upstream.url",
                            upstream.baseUrl().toString(),
                            "tollgate.upstream.key",
                            RunningGateway.UPSTREAM_KEY,
                            "tollgate.database.url",
                            "jdbc:sqlite:" + directory.resolve("tollgate.db"))))
                .decorateLedger(ledger -> new Listening("inner", heard, ledger))
                .decorateLedger(ledger -> new Listening("outer", heard, ledger))
                .build();
        JettyContainer container = new JettyContainer("/", 30_000, gateway::install);
        RawClient client = new RawClient(container.port())) {
      String key = gateway.admin().createProject("shop", Money.parse("1"), null).key().reveal();
      client
          .send(
              "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: a\r\nX-API-Key: "
                  + key
                  + "\r\nContent-Length: 2\r\n\r\n{}")
          .readUntil("0.001}}");

      assertThat(heard).containsExactly("outer", "inner");
      assertThat(gateway.admin().showProject("shop").balance().total())
          .isEqualTo(Money.parse("0.999"));
    }
  }
}
