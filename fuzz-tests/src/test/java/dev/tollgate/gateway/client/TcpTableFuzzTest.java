package dev.tollgate.gateway.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tollgate.gateway.client.TcpTable.Peer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Any table, and any address: its first line is the address that is looked for in the rest. */
public class TcpTableFuzzTest {
  private static final int LOCAL_PORT = 0x1F90;
  private static final int REMOTE_PORT = 0xD431;
  private static final Path FOLDER = folder();

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("tollgate-fuzz");
      folder.toFile().deleteOnExit();
      folder.resolve("tcp").toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @FuzzTest
  public void anyTableIsReadAndOnlyWhatIsInItIsFound(byte[] input) throws IOException {
    String text = new String(input, ISO_8859_1);
    int end = text.indexOf('\n');
    if (end < 0) {
      return;
    }
    Peer given = new Peer(LOCAL_PORT, text.substring(0, end), REMOTE_PORT, true);
    Peer known = new Peer(LOCAL_PORT, "127.0.0.1", REMOTE_PORT, true);
    Files.write(FOLDER.resolve("tcp"), text.substring(end + 1).getBytes(ISO_8859_1));
    Map<Peer, TcpTable.State> found = new TcpTable(FOLDER).look(List.of(given, known));
    TcpTable.written(given)
        .ifPresent(line -> assertThat(line).matches("([0-9A-F]{8}|[0-9A-F]{32}):D431:1F90"));
    if (!text.contains(":1F90") || !text.contains(":D431")) {
      assertThat(found).isEmpty();
    }
    for (Peer peer : found.keySet()) {
      String address = TcpTable.written(peer).orElseThrow().replaceFirst(":.*", "");
      assertThat(text.substring(end + 1)).contains(address + ":D431");
    }
  }
}
