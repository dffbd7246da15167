package dev.tollgate.gateway.client;

import dev.tollgate.gateway.client.TcpTable.Peer;
import dev.tollgate.gateway.client.TcpTable.State;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Watch that detects a disconnected client while nothing is written to it. No container reports
 * that for an HTTP/1.1 connection, because it reads nothing while a request is being answered. The
 * watch asks the kernel instead, and only about clients that have been silent for a while.
 *
 * <pre>
 *   found before, or the address is the client's own,
 *   and missing twice in a row from the kernel's table    -> gone
 *   half closed, and silent for SILENCE                   -> treated as gone
 *   never found (an address from a proxy's header)        -> unknown
 * </pre>
 *
 * A half-closed connection may have a client that still reads (RFC 9293 3.6). It is served while
 * the upstream sends, since a failed write shows that the client is gone. After 10 s of silence it
 * is treated as closed, which is true of nearly all such connections.
 */
public final class ClientWatch {
  /** How long an upstream may be silent before a half-closed client is treated as gone. */
  public static final Duration SILENCE = Duration.ofSeconds(10);

  /** Time between two reads of the kernel's table. The table is read only if a client is silent. */
  public static final Duration INTERVAL = Duration.ofSeconds(2);

  /** The kernel's table may change during a read, so one read may miss a connection. */
  private static final int MISSED = 2;

  private static final Logger LOG = System.getLogger(ClientWatch.class.getName());

  private final TcpTable table;
  private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
  // Owned by the watch's thread.
  private boolean failing;

  /** A client that waits for its response. */
  public interface Client {
    /**
     * How long the client has been able to take data without receiving any, in nanoseconds; 0 if
     * nothing is awaited, or if the client's disconnect would change nothing.
     */
    long silentNanos();

    /** The client has gone. Called on a thread that must not be blocked, perhaps more than once. */
    void onGone();
  }

  /** The watch on one client. Close it at the end of the client's response. */
  public final class Watch implements AutoCloseable {
    private final Peer peer;
    private final Client client;
    // Owned by the watch's thread. How often the connection was missing in a row; -1: never found
    // yet.
    private int missed;

    private Watch(Peer peer, Client client) {
      this.peer = peer;
      this.client = client;
      this.missed = peer.genuine() ? 0 : -1;
    }

    @Override
    public void close() {
      watches.remove(this);
    }
  }

  /** A watch that uses this system's kernel. Without a kernel table, it detects nothing. */
  public ClientWatch() {
    this(new TcpTable());
  }

  ClientWatch(TcpTable table) {
    this.table = table;
  }

  /**
   * Starts a look every {@link #INTERVAL} on a thread of {@code scheduler}, until the scheduler is
   * shut down.
   */
  public void start(ScheduledExecutorService scheduler) {
    long millis = INTERVAL.toMillis();
    var unused =
        scheduler.scheduleWithFixedDelay(this::lookOnce, millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Watches a client until the result is closed. */
  public Watch watch(Peer peer, Client client) {
    Watch watch = new Watch(peer, client);
    watches.add(watch);
    return watch;
  }

  private void lookOnce() {
    try {
      look();
      failing = false;
    } catch (IOException | RuntimeException e) {
      // A task that throws is not scheduled again.
      if (!failing) {
        failing = true;
        LOG.log(Level.WARNING, "cannot check which clients are still connected", e);
      }
    }
  }

  /** Looks once at all silent clients. */
  void look() throws IOException {
    List<Watch> silent =
        watches.stream().filter(watch -> watch.client.silentNanos() >= INTERVAL.toNanos()).toList();
    if (silent.isEmpty()) {
      return;
    }
    Set<Peer> peers = new HashSet<>();
    silent.forEach(watch -> peers.add(watch.peer));
    Map<Peer, State> states = table.look(peers);
    for (Watch watch : silent) {
      Client client = watch.client;
      State state = states.get(watch.peer);
      if (state != null) {
        watch.missed = 0;
      } else if (watch.missed >= 0) {
        watch.missed++;
      }
      boolean gone = watch.missed >= MISSED;
      boolean silentForLong = client.silentNanos() >= SILENCE.toNanos();
      if (gone || (silentForLong && state == State.HALF_CLOSED)) {
        client.onGone();
      }
    }
  }
}
