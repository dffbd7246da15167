package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.client.ClientWatch;
import dev.tollgate.gateway.client.TcpTable;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.flavor.ChatEdits;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.MalformedBodyException;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.http.BodyReader;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.meter.RequestKind;
import dev.tollgate.gateway.relay.TimeLimits.Stage;
import dev.tollgate.gateway.upstream.AccountRefusal;
import dev.tollgate.gateway.upstream.BoundedBody;
import dev.tollgate.gateway.upstream.OperatorAccount;
import dev.tollgate.gateway.upstream.UpstreamClient;
import dev.tollgate.gateway.upstream.UpstreamHead;
import dev.tollgate.gateway.upstream.UpstreamHealth;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the relay.
 *
 * <pre>
 *   READING   the body is read            RequestReading, container threads
 *   HOLDING   the money is being held     Settlement.HoldListener, a thread of the ledger
 *   WAITING   sent; no headers yet        UpstreamClient.Listener, selector thread
 *   RELAYING  the pump moves the body     ResponsePump.Listener, the drain loop
 *   DONE      one outcome, decided once by Exchange.decide
 * </pre>
 *
 * A refusal takes the same way out: the pump moves its body instead of the upstream's. The outcome
 * is decided first, then the upstream call is cancelled, then the response completed, then the
 * exchange finished: cancelling calls back. Each source of events has a listener of its own.
 */
final class RelayedExchange {
  private static final Logger LOG = System.getLogger(RelayedExchange.class.getName());
  private static final int MAX_LOGGED_CHARACTERS = 100;
  private static final int RETRY_AFTER_SECONDS = 1;

  /** What is read of an answer to decide whether it passes. */
  private static final int MAX_REFUSAL_BYTES = 64 << 10;

  /** How long the container has to say what it makes of a client that is gone. */
  private static final Duration MAX_ERROR_DELAY = Duration.ofSeconds(1);

  private final Exchange exchange;
  private final UpstreamRequest request;
  private final UpstreamClient upstream;
  private final UpstreamHealth health;
  // Null where another key than the operator's is used.
  private final @Nullable OperatorAccount account;
  private final Settlement settlement;
  private final BodyMemory.Part memory;
  private final ChatEdits edits;
  private final ScheduledExecutorService timer;
  private final boolean hidesAccountErrors;
  private final boolean waitsForHeaders;
  private final ClientResponse client;
  private final boolean head;
  private final ResponsePump pump;
  private final TimeLimits limits;
  private final TimeWatch times;
  private final RequestReading reading;
  private final ClientWatch clients;
  private final TcpTable.Peer peer;

  private volatile UpstreamClient.@Nullable Call call;

  private volatile ClientWatch.@Nullable Watch watch;
  private volatile long sentAtNanos;
  private volatile boolean retried;
  private volatile boolean answered;
  private volatile boolean takenForGone;
  private volatile boolean streaming;
  private volatile boolean refused;
  private volatile boolean dropping;
  private volatile boolean finishOnComplete;
  // Set before the pump starts, run by its drain loop.
  private volatile @Nullable Runnable applyHead;

  RelayedExchange(
      Exchange exchange,
      UpstreamRequest request,
      Settlement settlement,
      RelayServlet.Tools tools,
      BodyMemory.Part memory,
      ClientResponse client,
      TcpTable.Peer peer,
      boolean operatorsKey,
      boolean ownKey,
      boolean head) {
    this.exchange = exchange;
    this.request = request;
    this.settlement = settlement;
    this.memory = memory;
    this.upstream = tools.upstream();
    this.health = tools.health();
    this.account = operatorsKey ? tools.account() : null;
    this.edits = tools.edits();
    this.timer = tools.timer();
    this.hidesAccountErrors =
        !ownKey && tools.options().redaction().areHiddenFrom(exchange.flavor());
    // They have the id by which the cost can be asked for.
    this.waitsForHeaders = tools.billing().meter().asksForGenerations();
    this.client = client;
    this.clients = tools.clients();
    this.peer = peer;
    this.head = head;
    this.pump = new ResponsePump(client.output(), new PumpEvents());
    this.reading =
        new RequestReading(
            exchange.id(),
            exchange.flavor().maxBodyBytes(tools.maxBodyBytes()),
            new ReadingEvents());
    this.limits = new TimeLimits(tools.options(), tools.clientOptions(), pump, new LimitEvents());
    this.times = tools.times();
  }

  AsyncListener clientEvents() {
    return new ClientEvents();
  }

  BodyReader.Receiver bodyEvents() {
    return reading;
  }

  /** Lets the response be written. */
  void open() throws IOException {
    exchange.onAbort(this::breakOff);
    times.add(limits);
    client.output().setWriteListener(pump);
  }

  /** The gateway stops, and the exchange with it: its outcome is decided. */
  private void breakOff() {
    settle(Cause.SHUTDOWN);
    cancel(new IOException("the gateway is closed"));
    client.breakOffAtStop();
  }

  /** Sends a request that has no body. */
  void dispatch() {
    if (!reading.end()) {
      return;
    }
    if (isAdmitted()) {
      dispatch(null);
    }
  }

  /** Whether the upstream may be called; if not, that is said. So it costs no money held. */
  private boolean isAdmitted() {
    if (!upstream.hasRoom()) {
      refuse(GatewayError.unavailable(RETRY_AFTER_SECONDS));
      return false;
    }
    if (!health.admits()) {
      refuse(GatewayError.upstreamUnavailable(false));
      return false;
    }
    return true;
  }

  private void hold(byte[] received) {
    exchange.setRequestBytes(received.length);
    byte[] body;
    try {
      body = edited(received);
    } catch (MalformedBodyException e) {
      refuse(GatewayError.malformed(e.what()));
      return;
    } catch (RuntimeException | Error e) {
      // An OutOfMemoryError, too: the client must not wait for an answer that never comes.
      LOG.log(Level.ERROR, exchange.id() + ": the body cannot be edited", e);
      refuse(GatewayError.unavailable(RETRY_AFTER_SECONDS));
      return;
    }
    if (!isAdmitted()) {
      return;
    }
    limits.begin(Stage.HOLDING);
    settlement.hold(
        body,
        new Settlement.HoldListener() {
          @Override
          public void onHeld() {
            dispatch(body);
          }

          @Override
          public void onRefused(GatewayError error) {
            refuse(error);
          }
        });
  }

  private byte[] edited(byte[] received) throws MalformedBodyException {
    Route route = exchange.route();
    if (route.edited()) {
      return edits.apply(received);
    }
    boolean tellsUsageIfAsked =
        route.kind() == RequestKind.CHAT || route.kind() == RequestKind.COMPLETION;
    return tellsUsageIfAsked && request.contentCodings().isEmpty()
        ? edits.askForUsage(received)
        : received;
  }

  private void dispatch(byte @Nullable [] body) {
    if (exchange.isDecided() || pump.isClientGone() || !settlement.send()) {
      // Given up while the money was being held.
      endWithoutClient();
      return;
    }
    sentAtNanos = System.nanoTime();
    watch = clients.watch(peer, new WatchedClient());
    send(body);
  }

  private void send(byte @Nullable [] body) {
    limits.begin(Stage.CONNECTING);
    try {
      UpstreamClient.Call made = upstream.newCall(request, body, new UpstreamEvents(body));
      // Known before it is sent: the first event may want to cancel it.
      call = made;
      made.send();
      if (exchange.isDecided()) {
        // Broken off when there was no call yet to cancel.
        cancel(new IOException("the exchange is over"));
      }
    } catch (RejectedExecutionException e) {
      // Others were faster, or the gateway is being closed.
      settlement.neverSent();
      refuse(GatewayError.unavailable(RETRY_AFTER_SECONDS));
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, exchange.id() + ": cannot call the upstream", e);
      settlement.neverSent();
      refuse(GatewayError.of(Kind.REQUEST_BUILD_FAILED));
    }
  }

  /** Ends an exchange of which nothing has been written. */
  private void endWithoutClient() {
    settle(Cause.CLIENT_GONE);
    var unused = exchange.decide(Outcome.CLIENT_GONE);
    leaveClient();
    finish();
  }

  /** One that is there all the same must not take what it got for the whole. */
  private void leaveClient() {
    if (takenForGone) {
      client.breakOff();
    } else {
      completeIfNobodyDoes();
    }
  }

  private void settle(Cause cause) {
    var unused = settlement.settle(cause);
  }

  /** Ends an exchange that could not even be begun. */
  void fail(Exception failure) {
    LOG.log(Level.ERROR, exchange.id() + ": cannot be relayed", failure);
    var unused = exchange.decide(Outcome.ABORTED);
    settle(Cause.FAILED);
    cancel(failure);
    client.complete();
    finish();
  }

  private void refuse(GatewayError error) {
    settle(Cause.UPSTREAM_FAILED);
    refused = true;
    memory.close();
    if (dropping) {
      // The refusal is complete before the body is; nothing is held.
      exchange.leaveProject();
    }
    boolean beforeRequestBody = dropping && !head;
    limits.begin(dropping ? Stage.DROPPING : Stage.RELAYING);
    RefusalWriter.note(exchange, error);
    Refusal refusal = RefusalWriter.render(error, exchange);
    applyHead = () -> client.setHead(refusal, beforeRequestBody);
    pump.start(new ByteBufferContentSource(ByteBuffer.wrap(refusal.body())), -1, head);
  }

  private final class ReadingEvents implements RequestReading.Listener {
    @Override
    public void onBody(byte[] body) {
      hold(body);
    }

    @Override
    public void onRefused(GatewayError error) {
      refuse(error);
    }

    @Override
    public void onDropping() {
      dropping = true;
    }

    @Override
    public void onDropped() {
      dropping = false;
      limits.begin(Stage.RELAYING);
      pump.letEnd();
    }
  }

  private final class UpstreamEvents implements UpstreamClient.Listener {
    // Kept for as long as it may have to be sent once more.
    private byte @Nullable [] body;
    // Whether there was a connection.
    private boolean connected;

    UpstreamEvents(byte @Nullable [] body) {
      this.body = body;
    }

    @Override
    public void onSending() {
      connected = true;
      body = null;
      limits.begin(Stage.WAITING);
    }

    @Override
    public void onBodyTaken() {
      memory.close();
    }

    @Override
    public void onHeaders(UpstreamHead answer, Content.Source content) {
      limits.begin(Stage.RELAYING);
      health.reached();
      if (account != null) {
        account.answered(answer.status(), exchange.route().metered());
        if (answer.isPaymentRequired() && !hidesAccountErrors) {
          account.paymentRequired();
        }
      }
      settlement.answered(answer);
      // Whatever type the upstream gives the answer: a client that asked for a stream reads one.
      streaming = answer.isStream() || settlement.asksForStream();
      if (streaming) {
        exchange.setStreamed();
      }
      answered = true;
      if (!answer.isReadable()) {
        hide(answer, GatewayError.upstreamUnavailable(true));
        cancel(new IOException("the answer is not relayed"));
      } else if (hidesAccountErrors && answer.isAccountError()) {
        // Its body says whose matter it is, and what it cost.
        limits.begin(Stage.WAITING);
        BoundedBody.read(content, MAX_REFUSAL_BYTES, new AccountError(answer));
      } else {
        relay(answer, content);
      }
    }

    private void relay(UpstreamHead answer, Content.Source content) {
      limits.begin(Stage.RELAYING);
      applyHead =
          () -> {
            client.setHead(answer, exchange.id());
            exchange.setStatus(answer.status());
          };
      pump.start(content, answer.bodyBytes(), head);
      settlement.begun();
    }

    private void hide(UpstreamHead answer, GatewayError error) {
      LOG.log(
          Level.WARNING,
          "{0}: an answer of the upstream is not relayed: status {1}",
          exchange.id(),
          answer.status());
      refuse(error);
    }

    /** A 401 or 402, once its body is here. */
    private final class AccountError implements BoundedBody.Receiver {
      private final UpstreamHead answer;

      AccountError(UpstreamHead answer) {
        this.answer = answer;
      }

      @Override
      public void onBody(byte[] body) {
        if (exchange.isDecided()) {
          // Broken off: who did so ends the response, too.
          return;
        }
        Optional<GatewayError> error =
            answer.isPaymentRequired()
                ? AccountRefusal.of402(body, answer.value("Retry-After"))
                : Optional.of(GatewayError.upstreamUnavailable(true));
        if (error.isPresent()) {
          // An upstream that names a usage charges for it.
          settlement.read(ByteBuffer.wrap(body));
          boolean outOfCredits = error.get().kind() == Kind.UPSTREAM_UNAVAILABLE;
          if (account != null && answer.isPaymentRequired() && outOfCredits) {
            account.paymentRequired();
          }
          hide(answer, error.get());
        } else {
          relay(answer, new ByteBufferContentSource(ByteBuffer.wrap(body)));
        }
      }

      @Override
      public void onFailure(Throwable failure) {
        if (!exchange.isDecided()) {
          hide(answer, GatewayError.upstreamUnavailable(true));
        }
        cancel(failure);
      }
    }

    @Override
    public void onFailure(Throwable failure, boolean sent) {
      if (sent) {
        health.reached();
      } else {
        settlement.neverSent();
      }
      if (pump.isClientGone()) {
        endWithoutClient();
      } else if (exchange.isDecided()) {
        // Broken off: who did so ends the response, too, and nobody else may touch it.
        LOG.log(Level.DEBUG, "{0}: no answer any more: {1}", exchange.id(), brief(failure));
      } else if (upstream.isClosed()) {
        LOG.log(Level.DEBUG, "{0}: the gateway is closed: {1}", exchange.id(), brief(failure));
        refuse(GatewayError.stopped(sent));
      } else if (failure instanceof RejectedExecutionException) {
        LOG.log(Level.WARNING, "{0}: no room for another call: {1}", exchange.id(), brief(failure));
        refuse(GatewayError.unavailable(RETRY_AFTER_SECONDS));
      } else if (!sent && isWorthARetry(failure)) {
        LOG.log(Level.DEBUG, "{0}: tried once more: {1}", exchange.id(), brief(failure));
        retried = true;
        health.retried();
        dispatchAgain();
      } else {
        LOG.log(
            Level.WARNING, "{0}: the upstream gave no answer: {1}", exchange.id(), brief(failure));
        refuse(GatewayError.upstreamUnavailable(sent));
      }
    }

    /**
     * Counts the failure, too: it is one of the way to the upstream. Once there was a connection,
     * as where TLS is not agreed on, it is not tried again.
     */
    private boolean isWorthARetry(Throwable failure) {
      health.unreachable(failure);
      return !retried && !connected && !health.isOpen();
    }

    private void dispatchAgain() {
      if (settlement.send()) {
        send(body);
      } else {
        endWithoutClient();
      }
    }
  }

  /** Jetty's messages may hold a dump of the connection; a log line has no use for it. */
  private static String brief(Throwable failure) {
    String message = failure.getMessage();
    String name = failure.getClass().getSimpleName();
    return message == null || message.length() > MAX_LOGGED_CHARACTERS
        ? name
        : name + ": " + message;
  }

  private final class PumpEvents implements ResponsePump.Listener {
    @Override
    public void onBegin() {
      Runnable apply = applyHead;
      if (apply != null) {
        apply.run();
      }
    }

    @Override
    public void onWritten(int bytes) {
      client.setWritten();
      exchange.addResponseBytes(bytes);
      settlement.begun();
    }

    @Override
    public void onRead(ByteBuffer bytes) {
      if (!refused) {
        settlement.read(bytes);
      }
    }

    @Override
    public boolean onWholeRead() {
      if (refused && dropping) {
        // The end of the response would be the end of the body's reading.
        return false;
      }
      // A refusal waits, too: a retry with the same idempotency key must work.
      Cause cause = refused ? Cause.UPSTREAM_FAILED : Cause.COMPLETE;
      CompletableFuture<?> settled = settlement.settle(cause).toCompletableFuture();
      if (settled.isDone()) {
        exchange.leaveProject();
        return true;
      }
      limits.begin(Stage.CHARGING);
      var unused =
          settled.whenComplete(
              (done, failure) -> {
                exchange.leaveProject();
                pump.letEnd();
              });
      return false;
    }

    @Override
    public void onEnd() {
      if (exchange.decide(refused ? Outcome.REFUSED : Outcome.COMPLETE)) {
        end();
      } else {
        // Read to its end after the client had gone.
        finish();
      }
    }

    @Override
    public void onSourceFailed(Throwable failure, boolean begun) {
      boolean stopped = upstream.isClosed();
      settle(stopped ? Cause.SHUTDOWN : Cause.UPSTREAM_FAILED);
      // Most often the call is over; where it is not, nobody reads it any more.
      cancel(failure);
      if (exchange.isDecided()) {
        // The client had gone before; there is nobody left to tell.
        finish();
      } else if (stopped) {
        stop(begun);
      } else if (begun) {
        LOG.log(Level.WARNING, "{0}: the upstream broke off: {1}", exchange.id(), brief(failure));
        var unused = exchange.decide(Outcome.UPSTREAM_FAILED);
        try {
          client.breakOff();
        } finally {
          finish();
        }
      } else {
        LOG.log(
            Level.WARNING,
            "{0}: the upstream broke off at once: {1}",
            exchange.id(),
            brief(failure));
        refuse(GatewayError.upstreamUnavailable(true));
      }
    }

    /** The upstream's answer cannot be read any more, because the gateway is closed. */
    private void stop(boolean begun) {
      if (!begun) {
        refuse(GatewayError.stopped(true));
        return;
      }
      var unused = exchange.decide(Outcome.ABORTED);
      try {
        client.breakOffAtStop();
      } finally {
        finish();
      }
    }

    @Override
    public boolean onClientGone(Throwable failure) {
      LOG.log(Level.DEBUG, "{0}: the client is gone: {1}", exchange.id(), brief(failure));
      var unused = exchange.decide(Outcome.CLIENT_GONE);
      // Closing a stream stops its generation, and its cost. Any other answer is made and charged
      // whether or not somebody reads it, and says at its end what it cost.
      boolean readOn = !streaming && !refused;
      if (!readOn) {
        settle(Cause.CLIENT_GONE);
        cancel(failure);
      }
      leaveClient();
      if (!readOn) {
        finish();
      }
      return readOn;
    }
  }

  private final class LimitEvents implements TimeLimits.Listener {
    @Override
    public void onBodyLate() {
      reading.onLate();
    }

    @Override
    public void onDroppingLate() {
      reading.onDiscarded();
    }

    @Override
    public void onHoldLate() {
      settlement.giveUpHold();
    }

    @Override
    public void onUpstreamLate(Throwable why) {
      cancel(why);
    }

    @Override
    public void onChargeLate() {
      pump.letEnd();
    }

    @Override
    public void onEndLate() {
      finish();
    }

    @Override
    public void onClientStalled() {
      giveClientUp(new IOException("the client takes nothing"));
    }
  }

  /** A client is watched while a stream for it is silent: nothing else ends with its client. */
  private final class WatchedClient implements ClientWatch.Client {
    @Override
    public long silentNanos() {
      if (refused) {
        return 0;
      }
      if (answered) {
        return streaming ? pump.waitedNanos() : 0;
      }
      return settlement.asksForStream() ? System.nanoTime() - sentAtNanos : 0;
    }

    @Override
    public boolean hasGone() {
      return pump.isClientGone();
    }

    @Override
    public void onGone() {
      EOFException gone = new EOFException("the client has closed its connection");
      giveClientUp(gone);
      closeIfPointless(gone);
      if (!answered) {
        // The pump will not touch the response any more, and the headers may be minutes away.
        leaveClient();
      }
    }
  }

  /**
   * Closes the upstream exchange of a stream whose client has gone before the response headers,
   * unless they are waited for. Once they are here, the pump finds that the client has gone.
   */
  private void closeIfPointless(Throwable gone) {
    if (!answered && !waitsForHeaders && settlement.asksForStream()) {
      cancel(gone);
    }
  }

  private void giveClientUp(IOException why) {
    takenForGone = true;
    pump.clientFailed(why);
  }

  private final class ClientEvents implements AsyncListener {
    @Override
    public void onError(AsyncEvent event) {
      if (!endReading()) {
        Throwable failure = event.getThrowable();
        Throwable gone = failure == null ? new EOFException("client error") : failure;
        pump.onError(gone);
        closeIfPointless(gone);
      }
      client.complete();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // Time-outs are ours, and this one was switched off. Tomcat still calls it when it stops the
      // application, for each open request.
      if (exchange.decide(Outcome.ABORTED)) {
        LOG.log(
            Level.WARNING, "{0}: broken off: the container stops the application", exchange.id());
        breakOff();
      }
      finish();
    }

    @Override
    public void onComplete(AsyncEvent event) {
      client.setEnded();
      if (finishOnComplete) {
        finish();
      } else if (!endReading() && !exchange.isDecided()) {
        // Not by us, but by the container, which has given up on the client.
        EOFException gone = new EOFException("the container completed the response");
        pump.clientFailed(gone);
        closeIfPointless(gone);
      }
    }

    @Override
    public void onStartAsync(AsyncEvent event) {}

    /** Ends an exchange whose body nobody reads any more; the reader is not always told. */
    private boolean endReading() {
      if (!reading.end()) {
        return false;
      }
      var unused = exchange.decide(Outcome.CLIENT_GONE);
      finish();
      return true;
    }
  }

  private void cancel(Throwable cause) {
    UpstreamClient.Call current = call;
    if (current != null) {
      current.abort(cause);
    }
  }

  /**
   * Completes the response of a client that is gone, unless the container does. It is told of the
   * failed write as we are, and handles that on a thread of its own; Tomcat, if completed by
   * another thread meanwhile, goes on to close a connection that is somebody else's by then.
   */
  private void completeIfNobodyDoes() {
    try {
      var unused =
          timer.schedule(client::complete, MAX_ERROR_DELAY.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // Others were faster, or the gateway is being closed.
      client.complete();
    }
  }

  private void end() {
    // What the container still holds is to leave before the exchange counts as over.
    finishOnComplete = true;
    limits.begin(Stage.ENDING);
    client.complete();
    if (client.isGivenUp()) {
      finish();
    }
  }

  private void finish() {
    memory.close();
    times.remove(limits);
    ClientWatch.Watch watched = watch;
    if (watched != null) {
      watched.close();
    }
    exchange.finish();
  }
}
