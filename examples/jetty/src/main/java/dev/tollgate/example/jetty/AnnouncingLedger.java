package dev.tollgate.example.jetty;

import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.ForwardingLedger;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Settled;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

// docs: ledger
/** Books that tell the application of each charge, once, when it is written. */
final class AnnouncingLedger extends ForwardingLedger {
  private final Consumer<Capture> listener;

  /**
   * @param listener must not block: it is called on a thread of the ledger
   */
  AnnouncingLedger(Ledger books, Consumer<Capture> listener) {
    super(books);
    this.listener = listener;
  }

  @Override
  public CompletionStage<Settled> capture(Capture capture) {
    return super.capture(capture)
        .thenApply(
            settled -> {
              if (settled == Settled.DONE) {
                listener.accept(capture);
              }
              return settled;
            });
  }
}
// end
