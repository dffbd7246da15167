package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** WildFly by its own script, with the configuration that it comes with. */
record WildFly(String name, String distribution) implements Container {
  @Override
  public Start prepare(Site site) throws IOException {
    Path home = Distribution.home(distribution);
    Path base = site.directory();
    Path configuration = Files.createDirectory(base.resolve("configuration"));
    try (Stream<Path> files = Files.list(home.resolve("standalone/configuration"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, configuration.resolve(file.getFileName()));
      }
    }
    Files.copy(
        site.war(), Files.createDirectory(base.resolve("deployments")).resolve(site.warName()));
    return new Start(
        List.of(
            "/bin/sh",
            home.resolve("bin/standalone.sh").toString(),
            "-Djboss.server.base.dir=" + base,
            "-Djboss.bind.address=127.0.0.1",
            "-Djboss.http.port=" + site.port(),
            "-Djboss.https.port=0",
            "-Djboss.bind.address.management=127.0.0.1",
            "-Djboss.management.http.port=0"),
        Map.of());
  }

  @Override
  public Fate fateOf(Fault fault) {
    return switch (fault) {
      case ESCAPE, QUERY_CHARACTER, TWO_FRAMINGS, TWO_LENGTHS, TWO_HOSTS -> Fate.REFUSED;
      case BROKEN_CHUNK -> Fate.CUT_OFF;
      case NOT_UTF_8, HALF_A_BODY, ODD_CODING -> Fate.SEEN;
      // It puts its own address there.
      case NO_HOST -> Fate.REPAIRED;
    };
  }
}
