package dev.tollgate.gateway.container;

import dev.tollgate.gateway.Administration;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import dev.tollgate.gateway.testkit.Home;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The packaged WAR in a container, in a process of its own, with a database of its own. */
final class RunningContainer implements Home, AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(120);
  private static final long STOP_LIMIT_SECONDS = 30;
  private static final int SHOWN_LINES = 150;
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final Container container;
  private final Container.Site site;
  private final Path database;
  private final Path output;
  private final Process process;
  private final Thread killer;
  private final JdbcStores stores;

  /**
   * Starts it and waits until it serves.
   *
   * @param directory an empty one
   * @param settings the gateway's, as environment variables, beside that of its database
   * @param javaOptions further ones of its JVM, without spaces in them
   */
  RunningContainer(
      Container container,
      Path directory,
      String contextPath,
      Map<String, String> settings,
      String... javaOptions)
      throws Exception {
    this.container = container;
    database = directory.resolve("tollgate.db");
    output = directory.resolve("output.txt");
    Path scratch = Files.createDirectory(directory.resolve("scratch"));
    site =
        new Container.Site(
            Files.createDirectory(directory.resolve("container")),
            Distribution.WAR,
            contextPath,
            freePort());
    long start = System.nanoTime();
    Container.Start how = container.prepare(site);
    ProcessBuilder builder =
        new ProcessBuilder(how.command())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("TOLLGATE_"));
    environment.remove("OPENROUTER_API_KEY");
    environment.put("JAVA_HOME", Distribution.JAVA_HOME.toString());
    // All that lives in a JVM unpacks there: a driver's library, a container's web application.
    String ownScratch = "-Djava.io.tmpdir=" + scratch;
    environment.put(
        "JDK_JAVA_OPTIONS",
        Stream.concat(Stream.of(ownScratch), Stream.of(javaOptions))
            .collect(Collectors.joining(" ")));
    environment.putAll(how.environment());
    environment.put("TOLLGATE_DATABASE_URL", "jdbc:sqlite:" + database);
    environment.putAll(settings);
    process = builder.start();
    killer = new Thread(() -> destroy(true), "container-killer");
    Runtime.getRuntime().addShutdownHook(killer);
    try {
      awaitLive();
      // The server has made the database.
      stores = JdbcStores.open(new DatabaseOptions(database), null);
    } catch (Exception | AssertionError e) {
      System.out.println(shownOutput());
      destroy(true);
      throw e;
    }
    System.out.printf(
        "%s on Java %s serves %s/ after %d ms%n",
        container.name(),
        Distribution.JAVA_HOME.getFileName(),
        contextPath,
        Duration.ofNanos(System.nanoTime() - start).toMillis());
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitLive() throws InterruptedException {
    URI live = URI.create("http://127.0.0.1:" + site.port() + site.contextPath() + "/health/live");
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!isLive(live)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(container.name() + " does not serve within " + START_LIMIT);
      }
      // Nothing tells when a process of another's serves but its answer.
      if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
        throw new AssertionError(container.name() + " has ended with " + process.exitValue());
      }
    }
  }

  private static boolean isLive(URI live) throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(live).timeout(Duration.ofSeconds(5)).build();
      return HTTP.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public int port() {
    return site.port();
  }

  @Override
  public String contextPath() {
    return site.contextPath();
  }

  @Override
  public AdminService admin() {
    return Administration.of(stores, InstantSource.system());
  }

  @Override
  public Path database() {
    return database;
  }

  @Override
  public Fate fateOf(Fault fault) {
    return container.fateOf(fault);
  }

  @Override
  public boolean continuesAtOnce() {
    return container.continuesAtOnce();
  }

  @Override
  public Map<String, List<String>> addedHeaders() {
    return container.addedHeaders();
  }

  /** What the container has printed last. */
  String shownOutput() {
    try {
      List<String> lines = Files.readAllLines(output);
      return String.join(
          System.lineSeparator(),
          lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
    } catch (IOException e) {
      return "no output of " + container.name() + ": " + e;
    }
  }

  /** Whether the process is there. */
  boolean isAlive() {
    return process.isAlive();
  }

  private void destroy(boolean forcibly) {
    // A start script may wait for the server instead of becoming it.
    try (Stream<ProcessHandle> family =
        Stream.concat(process.descendants(), Stream.of(process.toHandle()))) {
      for (ProcessHandle member : family.toList()) {
        if (forcibly) {
          member.destroyForcibly();
        } else {
          member.destroy();
        }
      }
    }
  }

  /** Stops it as an operator would. */
  @Override
  public void close() throws InterruptedException {
    stores.close();
    List<ProcessHandle> family =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    destroy(false);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_LIMIT_SECONDS);
    for (ProcessHandle member : family) {
      while (member.isAlive() && System.nanoTime() < deadline) {
        var unused = process.waitFor(50, TimeUnit.MILLISECONDS);
      }
    }
    boolean stopped = family.stream().noneMatch(ProcessHandle::isAlive);
    family.forEach(ProcessHandle::destroyForcibly);
    Runtime.getRuntime().removeShutdownHook(killer);
    if (!stopped) {
      throw new AssertionError(container.name() + " does not end: " + shownOutput());
    }
  }
}
