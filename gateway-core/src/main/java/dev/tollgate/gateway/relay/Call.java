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
 * One request on its way through the relay: a mailbox, the {@link Phase} that it is in, and the
 * limit of that phase. Everything that happens to the request, on whatever thread, is posted here;
 * the phase answers one event after the other with the phase that comes next. So the phases, the
 * {@link Tab} and the {@link Copy} of a call need no locks.
 *
 * <p>Each transition is one line at DEBUG: a request that is stuck can be read from the log.
 */
final class Call implements Mailbox.Receiver<Call.Posted>, ClientWatch.Client {
  /** An event, and what it asks of the phase. */
  record Posted(Event event, UnaryOperator<Phase> to) {}

  private static final Logger LOG = System.getLogger(Call.class.getName());
  private static final int MAX_LOGGED_CHARACTERS = 100;
  private static final Duration MAX_STOPPING = Duration.ofSeconds(1);

  final Exchange exchange;
  final UpstreamRequest request;
  final RelayServlet.Tools tools;
  final Tab tab;
  final BodyMemory.Part memory;
  final ClientSink client;
  // Null where another key than the operator's is used.
  final @Nullable OperatorAccount account;
  final boolean hidesAccountErrors;

  /** Whether the client asked for the headers alone. */
  final boolean headOnly;

  private final TcpTable.Peer peer;
  private final Mailbox<Posted> mailbox = new Mailbox<>(this);

  // Of the mailbox.
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

  /** Lets the response be written, and begins. */
  void start() {
    // The container has not been told of the call, so no event can come yet.
    phase = phase.enter();
    tools.deadlines().add(this);
    client.start(this);
    exchange.onAbort(this::stop);
  }

  // Events. Any thread may post them.

  void post(Event event, UnaryOperator<Phase> to) {
    mailbox.post(new Posted(event, to));
  }

  /** The source has content, or the client can take some. */
  void signal() {
    mailbox.signal();
  }

  /** The client's failure is in {@link #client}. */
  void onClientGone() {
    post(Event.CLIENT_GONE, Phase::onClientGone);
  }

  /** Ends the call because the gateway stops, and waits for an instant until that is done. */
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
      // Another thread may be within the mailbox.
      var unused = stopped.await(MAX_STOPPING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends a call that could not even be begun. */
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

  /** A container or an upstream that breaks the rules ends its call, not the thread. */
  private void onDefect(Throwable failure) {
    LOG.log(Level.ERROR, exchange.id() + ": failed in phase " + phase.name(), failure);
    current = Event.FAULT;
    try {
      enter(
          phase.closed(
              Outcome.UPSTREAM_FAILED, Cause.UPSTREAM_FAILED, failure, ClientSink::breakOff));
    } catch (RuntimeException | Error e) {
      // The hold is left to the node that adopts it; the client and the upstream learn of the end.
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

  /** The phase may take so long, from now on. */
  void waitFor(Limit limit) {
    waitSince(System.nanoTime(), limit);
  }

  void waitFor(Duration limit) {
    waitFor(Limit.of(limit));
  }

  void waitSince(long nanos, Limit limit) {
    deadline.waitSince(nanos, limit);
  }

  /** The request is about to be sent: from now on the whole has a limit. */
  void beginSending() {
    deadline.start(System.nanoTime());
    watch = tools.clients().watch(peer, this);
  }

  void setUpstreamCall(UpstreamClient.Call call) {
    upstreamCall = call;
  }

  /** Whether the client reads events, or expects to: nothing else ends with its client. */
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

  /** Ends the exchange, which is settled or cannot be. */
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

  /** Jetty's messages may hold a dump of the connection; a log line has no use for it. */
  static String brief(Throwable failure) {
    String message = failure.getMessage();
    String name = failure.getClass().getSimpleName();
    return message == null || message.length() > MAX_LOGGED_CHARACTERS
        ? name
        : name + ": " + message;
  }

  // Deadlines and the watch for the client, on threads of their own.

  /** Posts what is late by now. */
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

  /** The container's answer to {@code why} it lost the client. */
  void onContainerError(@Nullable Throwable why) {
    client.lose(why == null ? new IOException("client error") : why, false);
    onClientGone();
    client.awaitWriter();
    client.complete();
  }
}
