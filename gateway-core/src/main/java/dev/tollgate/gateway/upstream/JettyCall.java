package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.http.Header;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;

/** One call. It reports either the headers or a failure, whichever comes first, once. */
final class JettyCall
    implements UpstreamClient.Call, Response.ContentSourceListener, Response.CompleteListener {
  private final Request call;
  private final boolean secure;
  private final UpstreamClient.Listener listener;
  private final OpenCalls open;
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile boolean begun;
  private volatile boolean committed;

  JettyCall(Request call, boolean secure, UpstreamClient.Listener listener, OpenCalls open) {
    this.call = call;
    this.secure = secure;
    this.listener = listener;
    this.open = open;
  }

  void onBegin() {
    begun = true;
    listener.onSending();
  }

  void onCommit() {
    committed = true;
  }

  @Override
  public void send() {
    open.enter();
    // Jetty recognises the content listener by its type. Registering it a second time would make
    // it wait for itself.
    try {
      call.send(this);
    } catch (RuntimeException e) {
      // Jetty will not call onComplete for this call.
      open.leave();
      throw e;
    }
  }

  @Override
  public void onContentSource(Response response, Content.Source content) {
    if (isInterim(response.getStatus()) || !told.compareAndSet(false, true)) {
      // Jetty reports an interim response here only if the call fails after it.
      return;
    }
    List<Header> headers = new ArrayList<>();
    for (HttpField field : response.getHeaders()) {
      String value = field.getValue();
      headers.add(new Header(field.getName(), value == null ? "" : value));
    }
    listener.onHeaders(new UpstreamHead(response.getStatus(), headers), content);
  }

  @Override
  public void onComplete(Result result) {
    open.leave();
    // After the headers, the failure is read from the content instead.
    if (result.isFailed() && told.compareAndSet(false, true)) {
      Throwable failure = result.getFailure();
      // A request may begin before the TLS handshake is done. Over TLS it counts as sent once its
      // first bytes are.
      boolean sent = committed || (begun && !secure);
      listener.onFailure(failure, sent);
    }
  }

  private static boolean isInterim(int status) {
    return status < HttpStatus.OK_200 && status != HttpStatus.SWITCHING_PROTOCOLS_101;
  }

  @Override
  public void abort(Throwable cause) {
    // The result says only whether there was anything left to abort.
    var unused = call.abort(cause);
  }
}
