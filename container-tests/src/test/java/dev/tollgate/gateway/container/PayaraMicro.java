package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Payara Micro by its one jar. */
record PayaraMicro(String name, String distribution) implements Container {
  private static final String NETWORK = "configs.config.server-config.network-config.";
  private static final String LISTENER =
      NETWORK + "network-listeners.network-listener.http-listener";
  private static final String HTTP = NETWORK + "protocols.protocol.http-listener.http";

  @Override
  public Start prepare(Site site) throws IOException {
    Path commands = site.directory().resolve("boot.txt");
    Files.writeString(
        commands,
        "set "
            + LISTENER
            + ".address=127.0.0.1\nset "
            + HTTP
            + ".allow-payload-for-undefined-http-methods=true\n");
    return new Start(
        List.of(
            Distribution.java(),
            "-jar",
            Distribution.home(distribution).toString(),
            "--rootdir",
            site.directory().resolve("root").toString(),
            "--prebootcommandfile",
            commands.toString(),
            "--nohazelcast",
            "--nocluster",
            "--disablephonehome",
            "--port",
            Integer.toString(site.port()),
            "--deploy",
            site.war().toString(),
            "--contextroot",
            site.contextPath().isEmpty() ? "/" : site.contextPath()),
        Map.of());
  }

  @Override
  public Fate fateOf(Fault fault) {
    return switch (fault) {
      case BROKEN_CHUNK, TWO_LENGTHS, NO_HOST -> Fate.REFUSED;
      case HALF_A_BODY -> Fate.CUT_OFF;
      case TWO_FRAMINGS -> Fate.REPAIRED;
      case ESCAPE, NOT_UTF_8, QUERY_CHARACTER, ODD_CODING, TWO_HOSTS -> Fate.SEEN;
    };
  }

  @Override
  public boolean continuesAtOnce() {
    return true;
  }

  @Override
  public Map<String, List<String>> addedHeaders() {
    return Map.of("x-frame-options", List.of("SAMEORIGIN"));
  }
}
