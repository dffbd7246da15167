package dev.tollgate.gateway.testkit;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Server;

/** One request as a container hands it to a servlet, without a socket. */
public final class InServlet {
  private InServlet() {}

  /**
   * What {@code function} makes of a GET with these header lines.
   *
   * @param headers such as {@code Accept: text/plain}
   */
  public static <T> T ask(Function<HttpServletRequest, T> function, String... headers)
      throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    String answer =
        exchange((request, response) -> result.complete(function.apply(request)), headers);
    if (!result.isDone()) {
      throw new AssertionError("the container answered by itself: " + answer);
    }
    return result.get();
  }

  /** The raw answer that {@code handler} gives to a GET with these header lines. */
  public static String exchange(
      BiConsumer<HttpServletRequest, HttpServletResponse> handler, String... headers)
      throws Exception {
    Server server = new Server();
    LocalConnector connector = new LocalConnector(server);
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler("/");
    context.addServlet(new ServletHolder(new Handling(handler)), "/*");
    server.setHandler(context);
    server.start();
    try {
      StringBuilder request = new StringBuilder("GET / HTTP/1.1\r\nHost: localhost\r\n");
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      return connector.getResponse(request.append("\r\n").toString());
    } finally {
      server.stop();
    }
  }

  private static final class Handling extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient BiConsumer<HttpServletRequest, HttpServletResponse> handler;

    Handling(BiConsumer<HttpServletRequest, HttpServletResponse> handler) {
      this.handler = handler;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      handler.accept(request, response);
    }
  }
}
