package dev.tollgate.gateway.testkit;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A PostgreSQL server on loopback. Most tests want a database on the one that all share, which
 * starts with the first {@link #newDatabase} and ends with the JVM; a test that stops its server or
 * makes it stand still {@linkplain #start() starts one of its own}.
 */
public final class Postgres implements AutoCloseable {
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final Path data;
  private EmbeddedPostgres server;
  private boolean paused;

  private static final class Shared {
    static final Postgres SERVER = start();
  }

  private Postgres(Path data) throws IOException {
    this.data = data;
    this.server = run(0);
  }

  private EmbeddedPostgres run(int port) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            // Tests stop the server, but never the machine: without a sync nothing is lost.
            .setServerConfig("fsync", "off");
    if (port > 0) {
      builder.setPort(port);
    }
    return builder.start();
  }

  /**
   * A fresh, empty place on the server that all tests of this JVM share: a schema, which is made in
   * no time and is as good as a database to whoever is in it.
   */
  public static DatabaseOptions newDatabase() {
    String name = "test" + DATABASES.incrementAndGet();
    Shared.SERVER.execute("CREATE SCHEMA " + name);
    return DatabaseOptions.parse(Shared.SERVER.url("postgres") + "?currentSchema=" + name)
        .withLogin("postgres", null);
  }

  /** A database of its own on that server, for who looks at the database as a whole. */
  public static DatabaseOptions newWholeDatabase() {
    return Shared.SERVER.createDatabase();
  }

  /** Starts a server for one test, which closes it. */
  public static Postgres start() {
    try {
      Path data = Files.createTempDirectory("tollgate-postgres");
      Postgres started = new Postgres(data);
      // Whatever else the JVM's end stops: a test that was broken off leaves no server behind.
      Runtime.getRuntime().addShutdownHook(new Thread(started::close, "postgres-close"));
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A fresh, empty database on this server. */
  public DatabaseOptions createDatabase() {
    String name = "test" + DATABASES.incrementAndGet();
    execute("CREATE DATABASE " + name);
    return DatabaseOptions.parse(url(name)).withLogin("postgres", null);
  }

  private void execute(String sql) {
    try (Connection connection = DriverManager.getConnection(url("postgres"), "postgres", null);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + database;
  }

  /** Stops the server, as an operator would; its data stay. */
  public synchronized void stop() throws IOException {
    resume();
    server.close();
  }

  /** Starts it again, on the same data and port. */
  public synchronized void restart() throws IOException {
    server = run(server.getPort());
  }

  /** Makes all its processes stand still: connections stay open, and nobody answers. */
  public synchronized void pause() throws IOException {
    signal("-STOP");
    paused = true;
  }

  /** Lets it go on after {@link #pause}. */
  public synchronized void resume() throws IOException {
    if (paused) {
      signal("-CONT");
      paused = false;
    }
  }

  private void signal(String name) throws IOException {
    long postmaster = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0));
    // The postmaster first, so that it makes no more of the others meanwhile.
    if (!kill(name, postmaster)) {
      throw new IOException("there is no process " + postmaster);
    }
    // One of them may end by itself before its turn comes.
    ProcessHandle.of(postmaster).stream()
        .flatMap(ProcessHandle::children)
        .forEach(child -> kill(name, child.pid()));
  }

  private static boolean kill(String signal, long process) {
    try {
      return new ProcessBuilder("kill", signal, Long.toString(process)).start().waitFor() == 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized void close() {
    try {
      stop();
      if (Files.exists(data)) {
        List<Path> files;
        try (Stream<Path> found = Files.walk(data)) {
          files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
