package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.MalformedBodyException;
import dev.tollgate.gateway.meter.RequestKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** Phase in which the client sends the request body. No money is held yet. */
final class Reading extends Phase {
  private static final Logger LOG = System.getLogger(Reading.class.getName());

  Reading(Call call) {
    super(call);
  }

  @Override
  Phase enter() {
    call.waitFor(call.tools.clientOptions().bodyTimeout());
    return this;
  }

  @Override
  Phase onBodyRead(byte @Nullable [] received) {
    if (received == null) {
      return admitted(new Awaiting(call, null));
    }
    call.exchange.stats().setRequestBytes(received.length);
    byte[] body;
    try {
      body = edited(received);
    } catch (MalformedBodyException e) {
      return refused(GatewayError.malformed(e.what()));
    } catch (RuntimeException | Error e) {
      // Catches OutOfMemoryError, too: the client must get an answer.
      LOG.log(Level.ERROR, call.exchange.id() + ": cannot edit the body", e);
      return refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
    }
    return admitted(call.tab == Tab.FREE ? new Awaiting(call, body) : new Holding(call, body));
  }

  private byte[] edited(byte[] received) throws MalformedBodyException {
    Route route = call.exchange.route();
    if (route.edited()) {
      return call.tools.edits().apply(received);
    }
    boolean tellsUsageIfAsked =
        route.kind() == RequestKind.CHAT || route.kind() == RequestKind.COMPLETION;
    return tellsUsageIfAsked && call.request.contentCodings().isEmpty()
        ? call.tools.edits().askForUsage(received)
        : received;
  }

  /** Checks whether the upstream can be called, before any money is held. */
  private Phase admitted(Phase next) {
    if (!call.tools.upstream().hasRoom()) {
      return refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
    }
    return call.tools.health().admits() ? next : refused(GatewayError.upstreamUnavailable(false));
  }

  @Override
  Phase onBodyRefused(GatewayError error, boolean dropping) {
    return new Refusing(call, error, dropping);
  }

  @Override
  Phase onTimedOut() {
    return refused(GatewayError.malformed("body (it did not come in time)"));
  }

  @Override
  Phase onClientGone() {
    return lost();
  }
}
