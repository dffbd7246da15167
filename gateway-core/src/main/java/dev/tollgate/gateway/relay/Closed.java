package dev.tollgate.gateway.relay;

/**
 * Phase in which the exchange is over. Later events are ignored, except that a late hold is
 * released.
 */
final class Closed extends Phase {
  Closed(Call call) {
    super(call);
  }

  @Override
  Phase enter() {
    call.close();
    return this;
  }

  @Override
  Phase onHoldAnswered(HoldAnswer answer) {
    release(answer);
    return this;
  }

  @Override
  Phase onCompleted() {
    return this;
  }

  @Override
  Phase onStopped() {
    return this;
  }

  @Override
  Phase onFault(Throwable failure) {
    return this;
  }

  /** Ignores a late event. */
  @Override
  Phase unnamed() {
    return this;
  }
}
