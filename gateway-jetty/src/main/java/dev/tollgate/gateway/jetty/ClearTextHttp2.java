package dev.tollgate.gateway.jetty;

import java.util.List;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.util.Callback;

/** HTTP/2 without TLS, for whoever begins with it or upgrades to it. */
final class ClearTextHttp2 extends HTTP2CServerConnectionFactory {
  ClearTextHttp2(HttpConfiguration configuration) {
    super(configuration);
  }

  @Override
  @SuppressWarnings("NullAway") // Null is Jetty's way to say: stay with HTTP/1.1.
  public Connection upgradeConnection(
      Connector connector,
      EndPoint endPoint,
      MetaData.Request request,
      HttpFields.Mutable response101) {
    // Jetty looks at the length alone: a chunked body would be read as frames.
    boolean chunked = request.getHttpFields().contains(HttpHeader.TRANSFER_ENCODING);
    return chunked && !HttpMethod.PRI.is(request.getMethod())
        ? null
        : super.upgradeConnection(connector, endPoint, request, response101);
  }

  @Override
  protected ServerSessionListener newSessionListener(Connector connector, EndPoint endPoint) {
    return new HTTPServerSessionListener(endPoint) {
      @Override
      public void onFailure(Session session, Throwable failure, Callback callback) {
        super.onFailure(session, failure, callback);
        // When a client has said GOAWAY and then hangs up, Jetty would let its streams go on until
        // something is written to them: an upstream may be silent for long.
        for (Stream left : List.copyOf(session.getStreams())) {
          onStreamFailure(left, new EofException(failure), Callback.NOOP);
        }
      }
    };
  }
}
