package dev.tollgate.gateway.relay;

/** The exchange is over. What still comes is too late; only a hold must be released. */
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

  /** Too late. */
  @Override
  Phase unnamed() {
    return this;
  }
}
