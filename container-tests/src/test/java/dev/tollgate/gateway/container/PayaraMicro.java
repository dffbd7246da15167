package dev.tollgate.gateway.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Payara Micro by its one jar. */
record PayaraMicro(String name, String distribution) implements Container {
  private static final String LISTENER =
      "configs.config.server-config.network-config.network-listeners.network-listener.http-listener";

  @Override
  public Start prepare(Site site) throws IOException {
    Path commands = site.directory().resolve("boot.txt");
    Files.writeString(commands, "set " + LISTENER + ".address=127.0.0.1\n");
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
  public boolean continuesAtOnce() {
    return true;
  }
}
