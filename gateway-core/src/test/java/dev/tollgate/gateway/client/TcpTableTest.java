package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.client.TcpTable.Peer;
import dev.tollgate.gateway.client.TcpTable.State;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TcpTableTest {
  private static final String TITLES =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
          + " inode\n";

  @TempDir Path folder;

  private static Peer peer(String address, int remotePort) {
    return new Peer(8080, address, remotePort, false);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 0100007F",
    "192.0.2.254, FE0200C0",
    "::1, 00000000000000000000000001000000",
    "[0:0:0:0:0:0:0:1], 00000000000000000000000001000000",
    "[fe80::1%3], 000080FE000000000000000001000000",
    "::ffff:127.0.0.1, 0100007F",
    "2001:db8::1, B80D0120000000000000000001000000",
    "fe80:0:0:0:1:2:3:4%eth0, 000080FE000000000200010004000300"
  })
  void anAddressIsWrittenAsTheKernelWritesIt(String address, String written) {
    assertThat(TcpTable.written(peer(address, 0xC351))).hasValue(written + ":C351:1F90");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unknown", "_hidden", "face", "a.example", "", "127.0.0.1, 10.0.0.1"})
  void whatIsNoAddressIsNotLookedUp(String address) {
    assertThat(TcpTable.written(peer(address, 1))).isEmpty();
  }

  /** Of these Java would ask the name servers, and wait for what they say. */
  @ParameterizedTest
  @ValueSource(
      strings = {"999.1.1.1", "1.2.3.256", "1.2.3.4567", "01.2.3.4", ".:", ".1:2", "1.2.3"})
  void whatLooksLikeAnAddressIsNone(String address) {
    assertThat(TcpTable.isLiteral(address)).isFalse();
    assertThat(TcpTable.written(peer(address, 1))).isEmpty();
  }

  @Test
  void bothTablesAreReadAndOnlyWhatIsWantedIsFound() throws Exception {
    Files.writeString(
        folder.resolve("tcp"),
        TITLES
            + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000\n"
            + "12345: 0100007F:1F90 0100007F:C351 01 00000000:00000000 00:00000000\n"
            + "   2: 0100007F:1F90 0100007F:C352 08 00000000:00000000 00:00000000\n"
            + "   3: 0100007F:1F91 0100007F:C353 01 00000000:00000000 00:00000000\n"
            + "garbage\n"
            + "   4: 0100007F 0100007F:C355 01 00000000:00000000 00:00000000\n");
    Files.writeString(
        folder.resolve("tcp6"),
        TITLES
            + "   0: 0000000000000000FFFF00000100007F:1F90"
            + " 0000000000000000FFFF00000100007F:C354 08 00000000:00000000 00:00000000\n");
    TcpTable table = new TcpTable(folder);

    Map<Peer, State> found =
        table.look(
            Set.of(
                peer("127.0.0.1", 0xC351),
                peer("127.0.0.1", 0xC352),
                peer("127.0.0.1", 0xC353),
                peer("127.0.0.1", 0xC354)));

    assertThat(found)
        .containsOnly(
            Map.entry(peer("127.0.0.1", 0xC351), State.OPEN),
            Map.entry(peer("127.0.0.1", 0xC352), State.HALF_CLOSED),
            Map.entry(peer("127.0.0.1", 0xC354), State.HALF_CLOSED));
  }

  @Test
  void whereThereIsNoTableNothingIsFound() throws Exception {
    assertThat(new TcpTable(folder).look(Set.of(peer("127.0.0.1", 1)))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  @EnabledOnOs(OS.LINUX)
  void aConnectionOfThisProcessIsSeenOpenHalfClosedAndGone(String address) throws Exception {
    InetAddress loopback = InetAddress.getByName(address);
    TcpTable table = new TcpTable();
    try (ServerSocket server = new ServerSocket(0, 1, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      Peer peer =
          new Peer(
              accepted.getLocalPort(),
              accepted.getInetAddress().getHostAddress(),
              accepted.getPort(),
              false);
      assertThat(table.look(Set.of(peer))).containsEntry(peer, State.OPEN);

      client.shutdownOutput();
      assertThat(accepted.getInputStream().read()).isEqualTo(-1);
      assertThat(table.look(Set.of(peer))).containsEntry(peer, State.HALF_CLOSED);

      accepted.setSoLinger(true, 0);
      accepted.close();
      assertThat(table.look(Set.of(peer))).isEmpty();
    }
  }
}
