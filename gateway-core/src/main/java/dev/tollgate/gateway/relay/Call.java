package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.client.ClientWatch;
import dev.tollgate.gateway.client.TcpTable;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.upstream.OperatorAccount;
import dev.tollgate.gateway.upstream.UpstreamClient;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One request in the relay: a mailbox, the current {@link Phase}, and the time limit of that phase.
 * Every event of the request is posted here, on any thread. The phase handles one event after the
 * other and returns the next phase. So the phases, the {@link Tab} and the {@link Copy} of a call
 * need no locks.
 *
 * <p>Each transition is one line at DEBUG, so the log shows where a request is stuck.
 */
final class Call implements Mailbox.Receiver<Call.Posted>, ClientWatch.Client {
  /** An event, and the phase's reaction to it. */
  record Posted(Event event, UnaryOperator<Phase> to) {}

  private static final Logger LOG = System.getLogger(Call.class.getName());
  private static final Duration MAX_STOPPING = Duration.ofSeconds(1);

  final Exchange exchange;
  final UpstreamRequest request;
  final RelayServlet.Tools tools;
  final Tab tab;
  final BodyMemory.Part memory;
  final ClientSink client;
  // Null if the call uses another key than the operator's.
  final @Nullable OperatorAccount account;
  final boolean hidesAccountErrors;

  /** Whether the client asked for the headers only. */
  final boolean headOnly;

  private final TcpTable.Peer peer;
  private final Mailbox<Posted> mailbox = new Mailbox<>(this);

  // Owned by the mailbox.
  private Phase phase;
  private Event current = Event.BODY_READ;
  private UpstreamClient.@Nullable Call upstreamCall;
  private ClientWatch.@Nullable Watch watch;
  private boolean streaming;

  private final Deadline deadline;

  Call(
      Exchange exchange,
      UpstreamRequest request,
      RelayServlet.Tools tools,
      Tab tab,
      BodyMemory.Part memory,
      ClientSink client,
      TcpTable.Peer peer,
      boolean operatorsKey,
      boolean ownKey,
      boolean headOnly) {
    this.exchange = exchange;
    this.request = request;
    this.tools = tools;
    this.tab = tab;
    this.memory = memory;
    this.client = client;
    this.peer = peer;
    this.account = operatorsKey ? tools.account() : null;
    this.hidesAccountErrors =
        !ownKey && tools.options().redaction().areHiddenFrom(exchange.flavor());
    this.headOnly = headOnly;
    this.deadline = new Deadline(tools.options().totalTimeout());
    this.phase = new Reading(this);
  }

  /** Enters the first phase and starts writing to the client. */
  void start() {
    // The container does not know the call yet, so no event can arrive.
    phase = phase.enter();
    tools.deadlines().add(this);
    client.start(this);
    exchange.onAbort(this::stop);
  }

  // Events. Any thread may post them.

  void post(Event event, UnaryOperator<Phase> to) {
    mailbox.post(new Posted(event, to));
  }

  /** Signals that the source has content, or that the client can take more. */
  void signal() {
    mailbox.signal();
  }

  /** Posts that the client is gone. {@link #client} already holds the failure. */
  void onClientGone() {
    post(Event.CLIENT_GONE, Phase::onClientGone);
  }

  /** Ends the call because the gateway stops, and waits at most 1 s for that. */
  void stop() {
    CountDownLatch stopped = new CountDownLatch(1);
    post(
        Event.STOPPED,
        each -> {
          try {
            return each.onStopped();
          } finally {
            stopped.countDown();
          }
        });
    try {
      // Another thread may be inside the mailbox.
      var unused = stopped.await(MAX_STOPPING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends a call that could not be started. */
  void fail(Exception failure) {
    LOG.log(Level.ERROR, exchange.id() + ": cannot be relayed", failure);
    post(Event.FAULT, each -> each.onFault(failure));
  }

  @Override
  public void onEvent(Posted posted) {
    current = posted.event;
    try {
      enter(posted.to.apply(phase));
    } catch (RuntimeException | Error e) {
      onDefect(e);
    }
  }

  @Override
  public void onSignal() {
    try {
      Phase next = phase.onSignal();
      if (next != phase) {
        current = Event.SIGNAL;
        enter(next);
      }
    } catch (RuntimeException | Error e) {
      onDefect(e);
    }
  }

  private void enter(Phase decided) {
    Phase next = decided;
    while (next != phase) {
      if (LOG.isLoggable(Level.DEBUG)) {
        LOG.log(
            Level.DEBUG, "{0}: {1}, {2} -> {3}", exchange.id(), phase.name(), current, next.name());
      }
      phase = next;
      waitFor(Limit.NONE);
      current = Event.SIGNAL;
      next = phase.enter();
    }
  }

  /**
   * Ends the call after an unexpected exception, which a container or an upstream may provoke. The
   * thread survives.
   */
  private void onDefect(Throwable failure) {
    LOG.log(Level.ERROR, exchange.id() + ": failed in phase " + phase.name(), failure);
    current = Event.FAULT;
    try {
      enter(
          phase.closed(
              Outcome.UPSTREAM_FAILED, Cause.UPSTREAM_FAILED, failure, ClientSink::breakOff));
    } catch (RuntimeException | Error e) {
      // Another node will adopt and settle the hold. Disconnect the client and the upstream now.
      LOG.log(Level.ERROR, exchange.id() + ": cannot be settled", e);
      phase = new Closed(this);
      close();
      cancelUpstream(failure);
      client.breakOff();
    }
  }

  void unexpected() {
    LOG.log(Level.ERROR, "{0}: {1} in phase {2}", exchange.id(), current, phase.name());
  }

  // For the phases.

  /** Sets the time limit of the phase, from now on. */
  void waitFor(Limit limit) {
    waitSince(System.nanoTime(), limit);
  }

  void waitFor(Duration limit) {
    waitFor(Limit.of(limit));
  }

  void waitSince(long nanos, Limit limit) {
    deadline.waitSince(nanos, limit);
  }

  /**
   * Starts the limit on the whole call, and the watch on the client. The request is about to be
   * sent.
   */
  void beginSending() {
    deadline.start(System.nanoTime());
    watch = tools.clients().watch(peer, this);
  }

  void setUpstreamCall(UpstreamClient.Call call) {
    upstreamCall = call;
  }

  /**
   * Whether the client reads or expects an event stream. Only a stream is cancelled when its client
   * goes.
   */
  boolean isStreaming() {
    return streaming;
  }

  void setStreaming() {
    streaming = true;
    exchange.stats().setStreamed();
  }

  void cancelUpstream(Throwable why) {
    UpstreamClient.Call made = upstreamCall;
    if (made != null) {
      made.abort(why);
    }
  }

  /** Ends the exchange, which is settled or cannot be settled. */
  void close() {
    deadline.stop();
    memory.close();
    tools.deadlines().remove(this);
    ClientWatch.Watch watched = watch;
    if (watched != null) {
      watched.close();
    }
    exchange.finish();
  }

  // For the deadlines and the client watch, on their own threads.

  /** Posts the limits that have passed by {@code now}. */
  void look(long now) {
    if (deadline.isLate(now)) {
      post(Event.TIMED_OUT, each -> deadline.isLate(System.nanoTime()) ? each.onTimedOut() : each);
    }
    if (deadline.isLateAsAWhole(now)) {
      post(
          Event.TIMED_OUT,
          each -> {
            cancelUpstream(new TimeoutException("the answer took too long"));
            return each;
          });
    }
  }

  @Override
  public long silentNanos() {
    return deadline.silentNanos(System.nanoTime());
  }

  @Override
  public void onGone() {
    client.lose(new EOFException("the client has closed its connection"), true);
    onClientGone();
  }

  /** Handles the container's report that it lost the client. */
  void onContainerError(@Nullable Throwable why) {
    client.lose(why == null ? new IOException("client error") : why, false);
    onClientGone();
    client.awaitWriter();
    client.complete();
  }
}
