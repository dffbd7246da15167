package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Apache Tomcat by its own start script, with a {@code server.xml} of its own.
 *
 * @param brokenBody what becomes of a request whose body breaks
 */
record Tomcat(String name, String distribution, Fate brokenBody) implements Container {
  @Override
  public Start prepare(Site site) throws IOException {
    Path base = site.directory();
    for (String directory : List.of("conf", "logs", "temp", "webapps", "work")) {
      Files.createDirectory(base.resolve(directory));
    }
    Files.copy(site.war(), base.resolve("webapps").resolve(site.warName()));
    Files.writeString(
        base.resolve("conf/server.xml"),
        """
        <Server port="-1">
          <Service name="Catalina">
            <Connector address="127.0.0.1" port="%d" protocol="HTTP/1.1"/>
            <Engine name="Catalina" defaultHost="localhost">
              <Host name="localhost" appBase="webapps" autoDeploy="false"/>
            </Engine>
          </Service>
        </Server>
        """
            .formatted(site.port()));
    Path home = Distribution.home(distribution);
    return new Start(
        List.of("/bin/sh", home.resolve("bin/catalina.sh").toString(), "run"),
        Map.of("CATALINA_HOME", home.toString(), "CATALINA_BASE", base.toString()));
  }

  @Override
  public Fate fateOf(Fault fault) {
    return switch (fault) {
      case QUERY_CHARACTER -> Fate.REFUSED;
      case ESCAPE, NOT_UTF_8 -> Fate.SEEN;
      case BROKEN_CHUNK, HALF_A_BODY -> brokenBody;
      // The length is dropped, and the connection closed after the answer.
      case TWO_FRAMINGS -> Fate.REPAIRED;
      case TWO_LENGTHS, ODD_CODING, NO_HOST, TWO_HOSTS -> Fate.REFUSED;
    };
  }

  @Override
  public boolean continuesAtOnce() {
    return true;
  }
}
