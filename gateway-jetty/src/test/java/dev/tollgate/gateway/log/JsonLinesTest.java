package dev.tollgate.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class JsonLinesTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final JsonLines lines = new JsonLines(new PrintStream(out, true, StandardCharsets.UTF_8));

  private JsonNode line() throws Exception {
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(text.lines()).hasSize(1);
    return new ObjectMapper().readTree(text);
  }

  @Test
  void aLineHasWhatALineOfTextHas() throws Exception {
    lines.write("a.B", Level.WARN, 1_767_225_600_123L, "main", null, "x \"{}\"\n{}", 1, "\u0000");

    JsonNode line = line();
    assertThat(line.get("time").textValue()).isEqualTo("2026-01-01T00:00:00.123Z");
    assertThat(line.get("level").textValue()).isEqualTo("WARN");
    assertThat(line.get("logger").textValue()).isEqualTo("a.B");
    assertThat(line.get("thread").textValue()).isEqualTo("main");
    assertThat(line.get("message").textValue()).isEqualTo("x \"1\"\n\u0000");
    assertThat(line.has("stack")).isFalse();
  }

  @Test
  void anExceptionIsOneMemberOfTheSameLine() throws Exception {
    lines.write("a.B", Level.ERROR, 0, "main", new IllegalStateException("why"), "failed");

    assertThat(line().get("stack").textValue())
        .startsWith("java.lang.IllegalStateException: why\n")
        .contains("\tat ");
  }

  @Test
  void theMembersOfAnAccessLineAreThoseOfTheLine() throws Exception {
    lines.write(
        "dev.tollgate.gateway.access",
        Level.INFO,
        0,
        "main",
        null,
        "{\"request_id\":\"req_1\",\"model\":\"{}\",\"ms\":3}");

    JsonNode line = line();
    assertThat(line.get("request_id").textValue()).isEqualTo("req_1");
    assertThat(line.get("model").textValue()).isEqualTo("{}");
    assertThat(line.get("ms").intValue()).isEqualTo(3);
    assertThat(line.get("level").textValue()).isEqualTo("INFO");
    assertThat(line.has("message")).isFalse();
  }
}
