package dev.tollgate.gateway.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tollgate.gateway.exchange.AccessLog;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;
import org.slf4j.helpers.MessageFormatter;

/**
 * Writer of the log as one JSON object per line, from any logger. The members of an access log
 * object become members of the line. Safe for use by many threads: each line is printed in one
 * piece.
 */
final class JsonLines {
  private final PrintStream out;
  private final JsonFactory json = new JsonFactory();

  JsonLines(PrintStream out) {
    this.out = out;
  }

  void write(
      String logger,
      Level level,
      long timestamp,
      String thread,
      @Nullable Throwable failure,
      @Nullable String message,
      Object @Nullable ... arguments) {
    StringWriter line = new StringWriter(600);
    try (JsonGenerator members = json.createGenerator(line)) {
      members.writeStartObject();
      members.writeStringField("time", Instant.ofEpochMilli(timestamp).toString());
      members.writeStringField("level", level.toString());
      members.writeStringField("logger", logger);
      members.writeStringField("thread", thread);
      if (logger.equals(AccessLog.NAME) && message != null && message.startsWith("{")) {
        members.flush();
        // A JSON object of the access log: append it without its braces.
        line.append(',').append(message, 1, message.length() - 1);
      } else {
        members.writeStringField("message", MessageFormatter.basicArrayFormat(message, arguments));
        if (failure != null) {
          StringWriter stack = new StringWriter();
          failure.printStackTrace(new PrintWriter(stack));
          members.writeStringField("stack", stack.toString());
        }
      }
      members.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to a string", e);
    }
    out.println(line);
  }
}
