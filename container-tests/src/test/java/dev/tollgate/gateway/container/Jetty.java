package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Eclipse Jetty by its start jar.
 *
 * @param environment the module that deploys, such as {@code ee10-deploy}
 */
record Jetty(String name, String distribution, String environment) implements Container {
  @Override
  public Start prepare(Site site) throws IOException, InterruptedException {
    Path base = site.directory();
    List<String> start =
        List.of(
            Distribution.java(),
            "-jar",
            Distribution.home(distribution).resolve("start.jar").toString(),
            "jetty.base=" + base);
    List<String> add = new ArrayList<>(start);
    add.add("--add-modules=http,graceful," + environment);
    Process adding =
        new ProcessBuilder(add)
            .redirectErrorStream(true)
            .redirectOutput(base.resolveSibling("modules.txt").toFile())
            .start();
    if (!adding.waitFor(30, TimeUnit.SECONDS) || adding.exitValue() != 0) {
      adding.destroyForcibly();
      throw new IOException(Files.readString(base.resolveSibling("modules.txt")));
    }
    // Jetty has its own name for the root.
    String war = site.contextPath().isEmpty() ? "root.war" : site.warName();
    Files.copy(site.war(), base.resolve("webapps").resolve(war));
    List<String> run = new ArrayList<>(start);
    run.add("jetty.http.host=127.0.0.1");
    run.add("jetty.http.port=" + site.port());
    run.add("jetty.server.stopTimeout=30000");
    return new Start(run, Map.of());
  }

  @Override
  public Fate fateOf(Fault fault) {
    return fault.inJetty();
  }
}
