package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.http.BodyReader;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Receiver that posts the outcome of reading a request's body, with the refusal if it failed. */
record BodyEvents(Call call, long maxBytes) implements BodyReader.Receiver {
  private static final Logger LOG = System.getLogger(BodyEvents.class.getName());

  @Override
  public void onBody(byte[] body) {
    call.post(Event.BODY_READ, phase -> phase.onBodyRead(body));
  }

  @Override
  public void onTooLarge() {
    refuse(GatewayError.bodyTooLarge(maxBytes), true);
  }

  @Override
  public void onNoRoom(BodyMemory.Answer why) {
    refuse(
        why == BodyMemory.Answer.SHARE_TAKEN
            ? GatewayError.tooManyAtOnce()
            : GatewayError.unavailable(Phase.RETRY_AFTER_SECONDS),
        true);
  }

  @Override
  public void onDiscarded() {
    call.post(Event.BODY_DISCARDED, Phase::onBodyDiscarded);
  }

  @Override
  public void onBodyTaken() {
    LOG.log(
        Level.ERROR,
        "{0}: cannot be relayed: a filter in front has read the body, or asked for a parameter of"
            + " a form",
        call.exchange.id());
    refuse(GatewayError.of(Kind.REQUEST_BUILD_FAILED), false);
  }

  /** Refuses a truncated body. A client that is still connected learns why. */
  @Override
  public void onBodyFailure(Throwable failure) {
    refuse(GatewayError.malformed("body"), false);
  }

  private void refuse(GatewayError error, boolean dropping) {
    call.post(Event.BODY_REFUSED, phase -> phase.onBodyRefused(error, dropping));
  }
}
