package dev.tollgate.gateway.war;

import dev.tollgate.gateway.Administration;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.RawClient;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;

/** A Tomcat in this process, on loopback and a free port, to which the packaged WAR is deployed. */
final class WarTomcat implements AutoCloseable {
  static final String PROJECT = "shop";

  private final Tomcat tomcat = new Tomcat();

  WarTomcat(Path directory) throws Exception {
    tomcat.setBaseDir(directory.resolve("tomcat").toString());
    tomcat.setPort(0);
    tomcat.setHostname("127.0.0.1");
    tomcat.getHost().setAppBase(directory.resolve("tomcat").toString());
    tomcat.start();
  }

  /**
   * Makes {@link #PROJECT}. To be called before the WAR opens a SQLite file: two copies of SQLite
   * in one process do not see each other's locks, and the one that closes first takes the other's
   * log away.
   *
   * @param masterKey null: from a file beside the database
   * @return its API key
   */
  static String createProject(DatabaseOptions database, MasterKey masterKey) {
    try (JdbcStores stores = JdbcStores.open(database, masterKey)) {
      return Administration.of(stores, InstantSource.system())
          .createProject(PROJECT, Money.parse("1"), null)
          .key()
          .reveal();
    }
  }

  /**
   * Deploys the WAR and starts it.
   *
   * @param contextPath empty: the root
   */
  Context deploy(String contextPath, Map<String, String> contextParameters) {
    StandardContext context = new StandardContext();
    context.setPath(contextPath);
    context.setName(contextPath);
    context.setDocBase(new File("target/gateway.war").getAbsolutePath());
    context.addLifecycleListener(tomcat.getDefaultWebXmlListener());
    context.addLifecycleListener(new ContextConfig());
    contextParameters.forEach(context::addParameter);
    tomcat.getHost().addChild(context);
    return context;
  }

  void undeploy(Context context) {
    tomcat.getHost().removeChild(context);
  }

  /** The applications that were undeployed and are still in memory, by Tomcat's own detector. */
  String[] leaks() {
    return ((StandardHost) tomcat.getHost()).findReloadedContextMemoryLeaks();
  }

  RawClient client() throws IOException {
    return new RawClient(tomcat.getConnector().getLocalPort());
  }

  /** A chat of {@link #PROJECT}. */
  static String chat(String contextPath, String key, String body) {
    return "POST "
        + contextPath
        + "/api/v1/chat/completions?project_name="
        + PROJECT
        + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
        + key
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  @Override
  public void close() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }
}
