package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Open Liberty by its own script, in the foreground. */
record Liberty(String name, String distribution) implements Container {
  @Override
  public Start prepare(Site site) throws IOException {
    Path user = site.directory();
    Path server = Files.createDirectories(user.resolve("servers/gateway"));
    Files.writeString(
        server.resolve("server.xml"),
        """
        <server>
          <featureManager><feature>servlet-6.0</feature></featureManager>
          <httpEndpoint id="defaultHttpEndpoint" host="127.0.0.1" httpPort="%d" httpsPort="-1"
              protocolVersion="http/1.1"/>
          <webApplication location="%s" contextRoot="%s"/>
          <applicationMonitor dropinsEnabled="false" updateTrigger="disabled"/>
        </server>
        """
            .formatted(
                site.port(), site.war(), site.contextPath().isEmpty() ? "/" : site.contextPath()));
    Path script = Distribution.home(distribution).resolve("bin/server");
    return new Start(
        List.of("/bin/sh", script.toString(), "run", "gateway"),
        Map.of(
            "WLP_USER_DIR",
            user.toString(),
            // It names the language of its own locale in each answer.
            "JVM_ARGS",
            "-Duser.language=en -Duser.country="));
  }

  @Override
  public Fate fateOf(Fault fault) {
    return switch (fault) {
      // One length is used, or none, and the connection closed after the answer.
      case TWO_FRAMINGS, TWO_LENGTHS -> Fate.REPAIRED;
      case ESCAPE, NOT_UTF_8, QUERY_CHARACTER, BROKEN_CHUNK, HALF_A_BODY, ODD_CODING -> Fate.SEEN;
      case NO_HOST, TWO_HOSTS -> Fate.SEEN;
    };
  }

  @Override
  public boolean continuesAtOnce() {
    return true;
  }

  @Override
  public Map<String, List<String>> addedHeaders() {
    // That of its locale, unless the upstream names one.
    return Map.of("content-language", List.of("en"));
  }
}
