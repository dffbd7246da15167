package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Listener that posts the container's events of an asynchronous request. */
record ContainerEvents(Call call) implements AsyncListener {
  private static final Logger LOG = System.getLogger(ContainerEvents.class.getName());

  @Override
  public void onError(AsyncEvent event) {
    call.onContainerError(event.getThrowable());
  }

  /**
   * Stops the call. The container's own timeout is off, but Tomcat still calls this method for each
   * open request when it stops the application.
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
