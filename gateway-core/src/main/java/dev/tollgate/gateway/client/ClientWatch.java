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
 * Notices that a client has gone while nothing is written to it. No container says so of a
 * connection of HTTP/1.1: it reads nothing while a request is being answered. The kernel knows, so
 * it is asked, about those alone that have been silent for a while.
 *
 * <pre>
 *   seen before, or its address is surely its own,
 *   and twice not in the kernel's table                   -> the client has gone
 *   half closed, and silent for SILENCE                   -> taken for gone
 *   never seen (a proxy's word for an address)            -> nothing is known
 * </pre>
 *
 * A half-closed connection may have a client that still listens (RFC 9293 3.6). It is served on for
 * as long as something comes for it, since writing is what tells; after ten seconds without, it
 * counts as one that has closed, which is what nearly all of them are.
 */
public final class ClientWatch {
  /** How long an upstream has to be silent until a client that sends no more counts as gone. */
  public static final Duration SILENCE = Duration.ofSeconds(10);

  /** How often the kernel is asked, if anybody is silent. */
  public static final Duration INTERVAL = Duration.ofSeconds(2);

  /** The kernel's table may change while it is read, and one line be left out by that. */
  private static final int MISSED = 2;

  private static final Logger LOG = System.getLogger(ClientWatch.class.getName());

  private final TcpTable table;
  private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
  // Of the one thread that looks.
  private boolean failing;

  /** A client, as long as it waits. */
  public interface Client {
    /**
     * For how long nothing has been there to be written to a client that could take it; 0 if nobody
     * waits, or the client's going would change nothing.
     */
    long silentNanos();

    /** It has gone. Called on a thread that must not be blocked, perhaps more than once. */
    void onGone();
  }

  /** Ends with the client's response. */
  public final class Watch implements AutoCloseable {
    private final Peer peer;
    private final Client client;
    // Of the one thread that looks: how often it has been missed; -1: nobody could be missed yet.
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

  /** Asks this system's kernel; where that does not tell, only what others find is known. */
  public ClientWatch() {
    this(new TcpTable());
  }

  ClientWatch(TcpTable table) {
    this.table = table;
  }

  /** Looks every {@link #INTERVAL} on a thread of {@code scheduler}, until that is shut down. */
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
      // Whatever it is: a look that throws would be the last.
      if (!failing) {
        failing = true;
        LOG.log(Level.WARNING, "cannot tell which clients have gone", e);
      }
    }
  }

  /** Looks once at all that are silent. */
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
