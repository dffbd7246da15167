package dev.tollgate.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts what is measured, each in front of the same upstream. */
final class Targets implements AutoCloseable {
  private static final String HOST = "http://127.0.0.1:";
  private static final String API = "/api/v1";

  private final Path java;
  private final Path gatewayJar;
  private final Path directory;
  private final Program upstream;
  private final int upstreamPort;

  /** What can be measured, in the order of the tables. */
  enum Kind {
    DIRECT,
    GATEWAY,
    JETTY,
    NGINX,
    HAPROXY
  }

  /**
   * @param java the command that runs gateway and proxy
   * @param directory for what they write; on a disk, since the gateway waits for it
   */
  Targets(Path java, Path gatewayJar, Path directory) throws IOException {
    this.java = java;
    this.gatewayJar = gatewayJar;
    this.directory = directory;
    this.upstream = Program.start(directory.resolve("upstream"), own(Upstream.class));
    this.upstreamPort = Integer.parseInt(upstream.firstLine());
  }

  /** The command of a class of this module, on the JDK that runs this. */
  private static List<String> own(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts one; empty: it is not installed here. */
  Optional<Target> start(Kind kind) throws IOException {
    return switch (kind) {
      case DIRECT -> Optional.of(target("direct", upstreamPort, "", null));
      case GATEWAY -> Optional.of(gateway());
      case JETTY -> Optional.of(jetty());
      case NGINX -> installed("nginx").isPresent() ? Optional.of(nginx()) : Optional.empty();
      case HAPROXY -> installed("haproxy").isPresent() ? Optional.of(haproxy()) : Optional.empty();
    };
  }

  private static Target target(
      String name, int port, String authorization, @Nullable Program program) {
    return new Target(name, URI.create(HOST + port + API), authorization, program);
  }

  private static Optional<String> installed(String program) {
    String path = System.getenv("PATH") + File.pathSeparator + "/usr/sbin";
    for (String each : path.split(File.pathSeparator, -1)) {
      Path file = Path.of(each, program);
      if (Files.isExecutable(file)) {
        return Optional.of(file.toString());
      }
    }
    return Optional.empty();
  }

  /** The jar as it is delivered, with a project that can pay, on a database of its own. */
  private Target gateway() throws IOException {
    Path home = Files.createTempDirectory(directory, "gateway");
    int port = Program.freePort();
    List<String> command =
        List.of(
            java.toString(),
            // As bin/tollgate has them.
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=25",
            "-Dtollgate.http.port=" + port,
            "-Dtollgate.upstream.url=" + HOST + upstreamPort + API,
            "-Dtollgate.upstream.key=sk-or-v1-none",
            "-jar",
            gatewayJar.toString());
    String created =
        Program.run(
            home, with(command, "project", "create", "bench", "--balance", "1000000", "--json"));
    String key = new ObjectMapper().readTree(created).path("api_key").asText();
    Program serving = Program.start(home, with(command, "serve")).awaitPort(port);
    return target("Tollgate", port, "Bearer " + key, serving);
  }

  private static List<String> with(List<String> command, String... arguments) {
    List<String> whole = new ArrayList<>(command);
    whole.addAll(List.of(arguments));
    return whole;
  }

  /** Jetty's own proxy, which relays and does nothing else. */
  private Target jetty() throws IOException {
    List<String> command = own(JettyProxy.class, HOST + upstreamPort);
    command.set(0, java.toString());
    Program program = Program.start(directory.resolve("jetty"), command);
    return target("Jetty AsyncProxyServlet", Integer.parseInt(program.firstLine()), "", program);
  }

  private Target nginx() throws IOException {
    Path home = Files.createDirectories(directory.resolve("nginx"));
    int port = Program.freePort();
    Path configuration =
        Files.writeString(
            home.resolve("nginx.conf"),
            """
            daemon off; worker_processes 1; worker_rlimit_nofile 20000;
            pid %1$s/nginx.pid; error_log %1$s/error.log error;
            events { worker_connections 19990; }
            http {
              access_log off; keepalive_requests 1000000000; keepalive_timeout 120s;
              client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy;
              fastcgi_temp_path %1$s/fastcgi; uwsgi_temp_path %1$s/uwsgi; scgi_temp_path %1$s/scgi;
              upstream bench {
                server 127.0.0.1:%3$d; keepalive 1024; keepalive_requests 1000000000;
              }
              server {
                listen 127.0.0.1:%2$d backlog=4096;
                location / {
                  proxy_pass http://bench; proxy_http_version 1.1;
                  proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 120s;
                }
              }
            }
            """
                .formatted(home.toAbsolutePath(), port, upstreamPort));
    Program program =
        Program.start(
                home,
                List.of(
                    installed("nginx").orElseThrow(),
                    "-c",
                    configuration.toAbsolutePath().toString(),
                    "-e",
                    home.resolve("start.log").toAbsolutePath().toString()))
            .awaitPort(port);
    return target("nginx, one worker", port, "", program);
  }

  private Target haproxy() throws IOException {
    Path home = Files.createDirectories(directory.resolve("haproxy"));
    int port = Program.freePort();
    Path configuration =
        Files.writeString(
            home.resolve("haproxy.cfg"),
            """
            global
              nbthread 1
              maxconn 9900
            defaults
              mode http
              timeout connect 10s
              timeout client 120s
              timeout server 120s
              http-reuse always
              option http-no-delay
            listen bench
              bind 127.0.0.1:%d
              server upstream 127.0.0.1:%d
            """
                .formatted(port, upstreamPort));
    Program program =
        Program.start(
                home,
                List.of(
                    installed("haproxy").orElseThrow(),
                    "-db",
                    "-f",
                    configuration.toAbsolutePath().toString()))
            .awaitPort(port);
    return target("HAProxy, one thread", port, "", program);
  }

  /** The command that runs the JVMs that are measured. */
  Path java() {
    return java;
  }

  /** Ends the upstream. */
  @Override
  public void close() {
    upstream.close();
  }
}
