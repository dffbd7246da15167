package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Posts what the container says of a request in asynchronous mode. */
record ContainerEvents(Call call) implements AsyncListener {
  private static final Logger LOG = System.getLogger(ContainerEvents.class.getName());

  @Override
  public void onError(AsyncEvent event) {
    call.onContainerError(event.getThrowable());
  }

  /**
   * Time-outs are ours, and the container's is switched off. Tomcat still calls it when it stops
   * the application, for each open request.
   */
  @Override
  public void onTimeout(AsyncEvent event) {
    if (call.exchange.decide(Outcome.ABORTED)) {
      LOG.log(
          Level.WARNING,
          "{0}: broken off: the container stops the application",
          call.exchange.id());
    }
    call.stop();
    call.exchange.finish();
  }

  @Override
  public void onComplete(AsyncEvent event) {
    call.client.setEnded();
    call.post(Event.COMPLETED, Phase::onCompleted);
  }

  @Override
  public void onStartAsync(AsyncEvent event) {}
}
