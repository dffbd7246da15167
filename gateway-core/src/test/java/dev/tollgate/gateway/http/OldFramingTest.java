package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Framing of the first version of HTTP. */
class OldFramingTest {
  @TempDir Path directory;

  private static HttpServletRequest request(String protocol, Map<String, List<String>> headers) {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            OldFramingTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "getProtocol" -> protocol;
                  case "getHeaders" ->
                      Collections.enumeration(headers.getOrDefault(arguments[0], List.of()));
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /**
   * RFC 9112 6.1: an HTTP/1.0 message with a Transfer-Encoding has faulty framing. Jetty and Tomcat
   * read the chunks; a proxy in front that speaks HTTP/1.0 need not know of them.
   */
  @Test
  void aCodingInHttp10IsAFault() {
    assertThat(
            RequestFraming.fault(
                request(
                    "HTTP/1.0",
                    Map.of("Host", List.of("x"), "Transfer-Encoding", List.of("chunked")))))
        .isPresent();
  }

  @Test
  void aWrapperWithoutAProtocolIsNoFailure() {
    assertThat(RequestFraming.fault(request(null, Map.of("Host", List.of("x"))))).isNotNull();
  }

  /** The same on a socket: nothing that follows is served on this connection. */
  @Test
  void aCodingInHttp10EndsTheConnection() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        RunningGateway gateway = RunningGateway.start(directory, upstream.baseUrl());
        RawClient client = new RawClient(gateway.port())) {
      client.send(
          "POST /api/v1/chat/completions?project_name=shop HTTP/1.0\r\nHost: x\r\nX-API-Key: "
              + gateway.key()
              + "\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "2\r\n{}\r\n0\r\n\r\n"
              + "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: "
              + gateway.key()
              + "\r\n\r\n");
      String answer = client.readToEnd();
      assertThat(answer).startsWith("HTTP/1.1 400");
      assertThat(answer.indexOf("HTTP/1.1", 1)).isEqualTo(-1);
    }
  }
}
