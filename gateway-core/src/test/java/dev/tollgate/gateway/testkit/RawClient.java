package dev.tollgate.gateway.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client that sends and reads the very bytes. */
public final class RawClient implements AutoCloseable {
  private static final Pattern CONTENT_LENGTH =
      Pattern.compile("^Content-Length: *([0-9]+)", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

  private final Socket socket;

  public RawClient(int port) throws IOException {
    this(port, 0);
  }

  /**
   * @param receiveBuffer how many bytes the system may take in on this side; 0: as it likes
   */
  public RawClient(int port, int receiveBuffer) throws IOException {
    socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(20_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  public RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  public RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Status line and headers, to the blank line, which is read and left out. */
  public String readHead() throws IOException {
    return readUntil("\r\n\r\n").replaceAll("\r\n\r\n$", "");
  }

  /** The body behind a head, by its length or in chunks, to its end. */
  public String readBody(String head) throws IOException {
    Matcher length = CONTENT_LENGTH.matcher(head);
    if (length.find()) {
      return new String(read(Integer.parseInt(length.group(1))), StandardCharsets.UTF_8);
    }
    if (!head.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked")) {
      // The end of the connection is the end of the body (RFC 9112 6.3).
      return readToEnd();
    }
    StringBuilder body = new StringBuilder();
    while (true) {
      int bytes = Integer.parseInt(readUntil("\r\n").trim(), 16);
      body.append(new String(read(bytes), StandardCharsets.UTF_8));
      readUntil("\r\n");
      if (bytes == 0) {
        return body.toString();
      }
    }
  }

  /** All that comes up to and with {@code end}. */
  public String readUntil(String end) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("the connection ended after: " + read);
      }
      read.write(b);
      String text = read.toString(StandardCharsets.UTF_8);
      if (text.endsWith(end)) {
        return text;
      }
    }
  }

  public byte[] read(int bytes) throws IOException {
    return socket.getInputStream().readNBytes(bytes);
  }

  /** Reads so many bytes, or to the end, without keeping them; says how many there were. */
  public long skip(long bytes) throws IOException {
    byte[] buffer = new byte[64 << 10];
    InputStream in = socket.getInputStream();
    long left = bytes;
    while (left > 0) {
      int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (n < 0) {
        break;
      }
      left -= n;
    }
    return bytes - left;
  }

  /**
   * All that comes until the other side closes, in order or by a reset. That it stays open is a
   * failure.
   */
  public String readToEnd() {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    try {
      byte[] buffer = new byte[8192];
      for (int n = socket.getInputStream().read(buffer);
          n >= 0;
          n = socket.getInputStream().read(buffer)) {
        read.write(buffer, 0, n);
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("still open after: " + read, e);
    } catch (IOException e) {
      // A reset is an end, too.
    }
    return read.toString(StandardCharsets.UTF_8);
  }

  /** The bytes that are here and unread. */
  public int available() throws IOException {
    return socket.getInputStream().available();
  }

  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  public void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
