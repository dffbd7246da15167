package dev.tollgate.gateway.testkit;

import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Money;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A project of its own in a gateway, so that tests can share the gateway, and how it is called with
 * its key.
 *
 * @param key its API key
 */
public record Tenant(Home home, String project, String key) {
  public static final String CHAT = "/api/v1/chat/completions";

  private static final AtomicInteger TENANTS = new AtomicInteger();

  /** A new one. */
  public static Tenant of(Home home, String dollars) {
    return of(home, dollars, null);
  }

  /**
   * A new one.
   *
   * @param upstreamKey its own; null: it uses the operator's
   */
  public static Tenant of(Home home, String dollars, Secret upstreamKey) {
    String project = "tenant" + TENANTS.incrementAndGet();
    Minted key = home.admin().createProject(project, Money.parse(dollars), upstreamKey);
    return new Tenant(home, project, key.key().reveal());
  }

  public RawClient connect() throws IOException {
    return new RawClient(home.port());
  }

  public URI uri(String pathAndQuery) {
    return URI.create("http://127.0.0.1:" + home.port() + home.contextPath() + pathAndQuery);
  }

  /** Where its chat is sent. */
  public URI chat() {
    return uri(chatPath());
  }

  /** Path and query of its chat, without the context's path. */
  public String chatPath() {
    return CHAT + "?project_name=" + project;
  }

  /** A request with its key. */
  public HttpRequest.Builder request(URI uri) {
    return HttpRequest.newBuilder(uri).header("X-API-Key", key);
  }

  /** A chat request in raw form, but for the body. */
  public String chatHead(String... headers) {
    return head("POST " + home.contextPath() + chatPath() + " HTTP/1.1", headers);
  }

  /** A request in raw form, but for the body, with its key. */
  public String head(String requestLine, String... headers) {
    StringBuilder head = new StringBuilder(requestLine).append("\r\n");
    head.append("Host: localhost\r\nX-API-Key: ").append(key).append("\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  /** Leaves it just that. */
  public void setBalance(String dollars) {
    Money left = home.admin().showProject(project).balance().total();
    home.admin().credit(project, Money.parse(dollars).minus(left), "", null);
  }

  /** Whether a metered request of it is on its way. */
  public boolean isBusy() {
    return home.admin().unsettled(project, 1000).stream()
        .anyMatch(unsettled -> unsettled.hold().state() == Hold.State.OPEN);
  }
}
