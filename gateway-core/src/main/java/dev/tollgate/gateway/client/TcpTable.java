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
 * What the kernel knows of this machine's TCP connections: Linux's {@code /proc/net/tcp} and {@code
 * tcp6} (proc_net_tcp(5)). Stateless; safe for use by many threads.
 */
public final class TcpTable {
  /**
   * The two sides of a connection.
   *
   * @param address of the far side, as {@code ServletRequest.getRemoteAddr()} gives it; what is no
   *     literal address is found nowhere
   * @param genuine whether that is surely the address of the connection, and not a proxy's word
   */
  public record Peer(int localPort, String address, int remotePort, boolean genuine) {}

  /** How a connection stands. */
  enum State {
    /** Both sides may send. */
    OPEN,
    /** The other side has said that it will send no more; CLOSE-WAIT in RFC 9293. */
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
   * @param folder where the two files are
   */
  TcpTable(Path folder) {
    this.folder = folder;
  }

  /**
   * Looks connections up.
   *
   * @return those that there are; none where the system has no such table
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
        // The first line has the titles.
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          read(line, written, found);
        }
      } catch (NoSuchFileException e) {
        // A system without IPv6, or another one than Linux.
      }
    }
    return found;
  }

  /** A line has {@code number: address:port address:port state ...}, the far side second. */
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
      // Of two connections from one port to two addresses of this machine nobody knows which it is.
      found.merge(
          peer,
          state.equals(CLOSE_WAIT) ? State.HALF_CLOSED : State.OPEN,
          (one, other) -> one == other ? one : State.OPEN);
    } else if (remote.indexOf(':') == MAPPED.length() + 2 * WORD_BYTES
        && remote.startsWith(MAPPED)) {
      // IPv4 on a socket that serves both.
      read(line.replace(MAPPED, ""), wanted, found);
    }
  }

  /** As the table writes it: the far side's address and port, and the near side's port. */
  static Optional<String> written(Peer peer) {
    // Jetty puts brackets around, and some systems add the name of an interface.
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
   * Whether Java takes it for an address, or for a bad one. A proxy's word may be a name, or an
   * address like 999.1.1.1, which Java would ask the name servers for.
   */
  static boolean isLiteral(String address) {
    return LITERAL.matcher(address).matches();
  }

  private static String port(int port) {
    return ":" + HEX.toHexDigits((char) port);
  }

  /** Each word of four bytes is written as a little-endian machine holds it. */
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
