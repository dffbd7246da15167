package dev.tollgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FairEndPointTest {
  private static final int ROOM = 8;

  private final ByteBuffer buffer = BufferUtil.allocate(ROOM);
  private Selector selector;
  private SocketChannel upstream;
  private FairEndPoint endPoint;

  @BeforeEach
  void connect() throws IOException {
    selector = Selector.open();
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      SocketChannel channel = SocketChannel.open(server.getLocalAddress());
      upstream = server.accept();
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      // Neither is asked for anything here.
      ManagedSelector unasked = null;
      endPoint = new FairEndPoint(channel, unasked, key, new ScheduledExecutorScheduler());
    }
  }

  @AfterEach
  void close() throws IOException {
    endPoint.close();
    upstream.close();
    selector.close();
  }

  private void send(int bytes) throws IOException {
    upstream.write(ByteBuffer.allocate(bytes));
  }

  private void awaitSelected() throws IOException {
    selector.select();
    selector.selectedKeys().clear();
    endPoint.onSelected();
  }

  private int fill() throws IOException {
    BufferUtil.clear(buffer);
    return endPoint.fill(buffer);
  }

  @Test
  void whatFillsTheBufferIsFollowedByAnotherRead() throws IOException {
    send(ROOM + 3);
    awaitSelected();
    assertThat(fill()).isEqualTo(ROOM);
    assertThat(fill()).isEqualTo(3);
  }

  @Test
  void whatLeavesRoomIsNotFollowedByARead() throws IOException {
    send(3);
    awaitSelected();
    assertThat(fill()).isEqualTo(3);
    send(4);
    selector.select();
    assertThat(fill()).isZero();
  }

  @Test
  void whatCameInTheMeantimeIsReadWhenTheSelectorSaysSo() throws IOException {
    whatLeavesRoomIsNotFollowedByARead();
    awaitSelected();
    assertThat(fill()).isEqualTo(4);
  }

  @Test
  void theEndIsReadBehindWhatLeftRoom() throws IOException {
    send(3);
    upstream.shutdownOutput();
    awaitSelected();
    assertThat(fill()).isEqualTo(3);
    awaitSelected();
    assertThat(fill()).isEqualTo(-1);
    assertThat(fill()).isEqualTo(-1);
  }

  @Test
  void oneThatIsClosedHasNothingMore() throws IOException {
    send(3);
    awaitSelected();
    assertThat(fill()).isEqualTo(3);
    endPoint.close();
    assertThat(fill()).isEqualTo(-1);
  }

  @Test
  void whatComesWithoutAPauseWaitsForTheOthersNowAndThen() throws IOException {
    int turn = 32 << 10;
    send(2 * turn);
    awaitSelected();
    int read = 0;
    for (int filled = fill(); filled > 0; filled = fill()) {
      read += filled;
    }
    assertThat(read).isEqualTo(turn);
    assertThat(fill()).isEqualTo(ROOM);
  }
}
