package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.MoneyClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** Packaged servers on one database, in front of one upstream, with one project: {@code shop}. */
final class Deployment {
  static final String ADMIN_TOKEN = "an-admin-token-of-the-tests-that-is-long";
  static final String CREDIT = "1000.00";
  private static final String MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  private final Jar jar;
  private final String key;

  /**
   * @param url of the database
   */
  Deployment(Path directory, String url, URI upstream) throws IOException, InterruptedException {
    jar =
        new Jar(directory)
            .with("tollgate.database.url", url)
            .with("tollgate.master.key", MASTER_KEY)
            .with("tollgate.upstream.url", upstream.toString())
            .with("tollgate.upstream.key", "sk-or-v1-test")
            .with("tollgate.admin.token", ADMIN_TOKEN)
            .with("tollgate.http.port", "0")
            .with("tollgate.lease.ttl", "2s")
            .with("tollgate.settle.first-delay", "100ms")
            .with("tollgate.settle.max-delay", "500ms");
    if (url.startsWith("jdbc:postgresql:")) {
      jar.with("tollgate.database.user", "postgres");
    }
    Jar.Result created = jar.run("project", "create", "shop", "--balance", CREDIT, "--json");
    key = created.out().replaceAll("(?s).*\"api_key\":\"([^\"]+)\".*", "$1");
  }

  /** A database in {@code directory}. */
  static Deployment onSqlite(Path directory, URI upstream)
      throws IOException, InterruptedException {
    return new Deployment(directory, sqlite(directory), upstream);
  }

  static String sqlite(Path directory) {
    return "jdbc:sqlite:" + directory.resolve("tollgate.db");
  }

  /** What starts the servers, for further settings. */
  Jar jar() {
    return jar;
  }

  /** The project's API key. */
  String key() {
    return key;
  }

  Started serve() throws IOException {
    return jar.start("Tollgate is listening", "serve");
  }

  MoneyClient client(Started server) {
    return new MoneyClient(uri(server, "/api/v1/chat/completions?project_name=shop"), key);
  }

  static URI uri(Started server, String pathAndQuery) {
    return URI.create("http://127.0.0.1:" + server.port() + pathAndQuery);
  }

  /** Whether the books add up, as the operator would ask. */
  boolean booksAddUp() throws IOException, InterruptedException {
    return jar.run("check").exit() == 0;
  }
}
