package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.meter.Ending;
import dev.tollgate.gateway.meter.RequestSketch;
import dev.tollgate.gateway.meter.UsageTap;
import dev.tollgate.gateway.meter.Verdict;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Tab of a call that the upstream charges for.
 *
 * <pre>
 *   hold -> held, the request may be sent -> settled, by the first settle()
 *     `---> refused; a hold that is placed later is released
 * </pre>
 */
final class MeteredTab implements Tab {
  private static final Logger LOG = System.getLogger(MeteredTab.class.getName());
  private static final String GENERATION_ID = "X-Generation-Id";
  private static final int MAX_GENERATION_ID_CHARACTERS = 200;

  private final Exchange exchange;
  private final Billing billing;
  private final Payer payer;
  private @Nullable HoldPlacement placement;
  private HoldAnswer.@Nullable Placed hold;
  private boolean asksForStream;
  private boolean sent;
  private boolean begun;
  private @Nullable UsageTap tap;
  private @Nullable String generationId;
  private int status;
  private boolean contentSeen;
  private @Nullable CompletionStage<?> settled;

  MeteredTab(Exchange exchange, Billing billing, Payer payer) {
    this.exchange = exchange;
    this.billing = billing;
    this.payer = payer;
  }

  @Override
  public CompletionStage<HoldAnswer> hold(byte[] body) {
    RequestSketch sketch = RequestSketch.of(body, payer.kind(), payer.contentEncoding());
    asksForStream = sketch.stream();
    exchange.stats().setModel(sketch.model());
    HoldPlacement placed = new HoldPlacement(exchange.id(), billing, payer, sketch);
    placement = placed;
    return placed.place();
  }

  @Override
  public void giveUpHold() {
    HoldPlacement placed = placement;
    if (placed != null) {
      placed.giveUp();
    }
  }

  @Override
  public void held(HoldAnswer.Placed placed) {
    hold = placed;
  }

  @Override
  public void sending() {
    sent = true;
  }

  @Override
  public void neverSent() {
    sent = false;
  }

  @Override
  public boolean asksForStream() {
    return asksForStream;
  }

  @Override
  public void answered(UpstreamHead head) {
    sent = true;
    status = head.status();
    String id = head.value(GENERATION_ID);
    if (billing.meter().asksForGenerations()
        && id != null
        && !id.isBlank()
        && id.length() <= MAX_GENERATION_ID_CHARACTERS) {
      generationId = id;
    }
    tap =
        billing
            .meter()
            .tap(payer.kind(), head.value("Content-Type"), head.value("Content-Encoding"));
  }

  @Override
  public void begun() {
    // If the whole answer has been read, the id goes with the capture instead.
    if (!begun && settled == null) {
      begun = true;
      recordGeneration();
    }
  }

  private void recordGeneration() {
    if (generationId != null) {
      var unused = billing.ledger().recordGeneration(exchange.id(), generationId);
    }
  }

  @Override
  public void read(ByteBuffer bytes) {
    UsageTap current = tap;
    if (current == null || settled != null) {
      return;
    }
    try {
      current.feed(bytes);
      if (!contentSeen && current.hasContent()) {
        contentSeen = true;
        exchange.stats().noteContent();
      }
      // If no header named the generation, the body may.
      if (generationId == null && billing.meter().asksForGenerations()) {
        generationId = current.generationId().orElse(null);
        if (begun) {
          recordGeneration();
        }
      }
    } catch (RuntimeException e) {
      // The relay continues without the tap; the cost is looked up afterwards.
      LOG.log(Level.ERROR, exchange.id() + ": cannot read the usage", e);
      tap = null;
    }
  }

  @Override
  public CompletionStage<?> settle(Ending.Cause cause) {
    HoldAnswer.Placed held = hold;
    CompletionStage<?> before = settled;
    if (held == null) {
      return CompletableFuture.completedFuture(null);
    }
    if (before != null) {
      return before;
    }
    Ending ending = ending(cause);
    Verdict verdict;
    try {
      verdict =
          billing.meter().verdict(held.quote(), held.amount(), payer.project().markup(), ending);
      note(verdict, held.amount());
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, exchange.id() + ": cannot compute the cost", e);
      // Leave the hold pending; the reconciler asks the upstream, or gives up.
      verdict = new Verdict.Await(held.amount(), Fallback.estimate(held.amount()));
    }
    Verdict decided = verdict;
    CompletionStage<?> promise =
        new SettleRetry(exchange.id(), billing, payer.project(), () -> tell(decided, ending))
            .start();
    settled = promise;
    return promise;
  }

  private Ending ending(Ending.Cause cause) {
    UsageTap current = tap;
    if (current != null) {
      try {
        current.end();
        return new Ending(cause, sent, status, generationId, current.reading());
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, exchange.id() + ": cannot read the usage", e);
      }
    }
    return new Ending(cause, sent, status, generationId, null);
  }

  private CompletionStage<?> tell(Verdict verdict, Ending ending) {
    if (verdict instanceof Verdict.Charge charge) {
      return billing
          .ledger()
          .capture(charge.of(exchange.id(), ending.generationId(), billing.now()));
    }
    if (verdict instanceof Verdict.Await await) {
      return billing
          .ledger()
          .pend(
              new Pending(
                  exchange.id(),
                  await.amount(),
                  await.fallback(),
                  ending.cause().name().toLowerCase(Locale.ROOT),
                  ending.generationId(),
                  billing.now(),
                  billing.askAfter()));
    }
    // The upstream charges nothing, so a retry with the same idempotency key must work.
    return billing.ledger().release(exchange.id(), false, billing.now());
  }

  private void note(Verdict verdict, Money amount) {
    if (verdict instanceof Verdict.Charge charge) {
      String model = charge.model();
      if (model != null) {
        exchange.stats().setModel(model);
      }
      // In strict mode, the ledger charges at most the held amount.
      boolean strict = billing.meter().mode() == HoldMode.STRICT;
      Money charged = strict ? charge.charge().min(amount) : charge.charge();
      exchange.stats().setCharge(charge.cost(), charged, charge.tokens());
    } else {
      exchange.stats().setNoCharge(verdict instanceof Verdict.Await ? "pending" : "none");
    }
  }
}
