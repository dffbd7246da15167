package dev.tollgate.gateway.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringTokenizer;
import java.util.regex.Pattern;

/**
 * Reader of the kernel's table of TCP connections: Linux's {@code /proc/net/tcp} and {@code tcp6}
 * (proc_net_tcp(5)). Stateless; safe for use by many threads.
 */
public final class TcpTable {
  /**
   * The two ends of a connection.
   *
   * @param address remote address, as {@code ServletRequest.getRemoteAddr()} returns it; a name or
   *     a malformed address is never found
   * @param genuine whether the address is known to be the connection's own, not one from a proxy's
   *     header
   */
  public record Peer(int localPort, String address, int remotePort, boolean genuine) {}

  /** State of a connection. */
  enum State {
    /** The remote end may still send. */
    OPEN,
    /** The remote end has closed its sending side; CLOSE-WAIT in RFC 9293. */
    HALF_CLOSED
  }

  private static final Path PROC = Path.of("/proc/self/net");
  private static final List<String> FILES = List.of("tcp", "tcp6");
  private static final HexFormat HEX = HexFormat.of().withUpperCase();
  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern LITERAL =
      Pattern.compile(BYTE + "(\\." + BYTE + "){3}|(?=[0-9A-Fa-f]*:)[0-9A-Fa-f:.]+");
  private static final String MAPPED = "0000000000000000FFFF0000";
  private static final String CLOSE_WAIT = "08";
  private static final int FIELDS = 4;
  private static final int WORD_BYTES = 4;

  private final Path folder;

  TcpTable() {
    this(PROC);
  }

  /**
   * @param folder the directory of the two files
   */
  TcpTable(Path folder) {
    this.folder = folder;
  }

  /**
   * Looks up connections.
   *
   * @return the connections that exist; empty on a system without such a table
   * @throws IOException if the table cannot be read
   */
  Map<Peer, State> look(Collection<Peer> wanted) throws IOException {
    Map<String, Peer> written = new HashMap<>();
    for (Peer peer : wanted) {
      written(peer).ifPresent(text -> written.put(text, peer));
    }
    Map<Peer, State> found = new HashMap<>();
    for (String name : FILES) {
      try (BufferedReader lines =
          Files.newBufferedReader(folder.resolve(name), StandardCharsets.ISO_8859_1)) {
        // The first line holds the column titles.
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          read(line, written, found);
        }
      } catch (NoSuchFileException e) {
        // A system without IPv6, or not Linux.
      }
    }
    return found;
  }

  /**
   * Reads one line: {@code number: address:port address:port state ...}, with the remote end
   * second.
   */
  private static void read(String line, Map<String, Peer> wanted, Map<Peer, State> found) {
    StringTokenizer fields = new StringTokenizer(line);
    if (fields.countTokens() < FIELDS || !fields.nextToken().endsWith(":")) {
      return;
    }
    String local = fields.nextToken();
    String remote = fields.nextToken();
    String state = fields.nextToken();
    int port = local.indexOf(':');
    if (port < 0) {
      return;
    }
    Peer peer = wanted.get(remote + local.substring(port));
    if (peer != null) {
      // The local address is not compared. Two connections from one remote port to two addresses of
      // this machine cannot be told apart; if their states differ, the state is OPEN.
      found.merge(
          peer,
          state.equals(CLOSE_WAIT) ? State.HALF_CLOSED : State.OPEN,
          (one, other) -> one == other ? one : State.OPEN);
    } else if (remote.indexOf(':') == MAPPED.length() + 2 * WORD_BYTES
        && remote.startsWith(MAPPED)) {
      // An IPv4 connection on a socket for both protocols.
      read(line.replace(MAPPED, ""), wanted, found);
    }
  }

  /** The key of a peer in the table's notation: remote address, remote port, local port. */
  static Optional<String> written(Peer peer) {
    // Jetty adds brackets, and some systems append the name of an interface.
    String literal = peer.address.replaceAll("^\\[|%.*$|]$", "");
    if (!isLiteral(literal)) {
      return Optional.empty();
    }
    try {
      InetAddress parsed = InetAddress.getByName(literal);
      return Optional.of(words(parsed.getAddress()) + port(peer.remotePort) + port(peer.localPort));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether Java parses the text as an address without a DNS look-up. A proxy's header may hold a
   * name, or an address such as 999.1.1.1, which Java would send to the name servers.
   */
  static boolean isLiteral(String address) {
    return LITERAL.matcher(address).matches();
  }

  private static String port(int port) {
    return ":" + HEX.toHexDigits((char) port);
  }

  /** Writes each word of 4 bytes in the byte order of a little-endian machine. */
  private static String words(byte[] address) {
    StringBuilder text = new StringBuilder();
    for (int word = 0; word < address.length; word += WORD_BYTES) {
      for (int i = WORD_BYTES - 1; i >= 0; i--) {
        HEX.toHexDigits(text, address[word + i]);
      }
    }
    return text.toString();
  }
}
