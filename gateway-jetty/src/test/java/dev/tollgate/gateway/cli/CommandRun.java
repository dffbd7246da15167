package dev.tollgate.gateway.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;

/** Runs commands in this JVM, on one database. */
final class CommandRun {
  /** How a command ended and what it printed. */
  record Said(int exit, String out, String err) {}

  private final Map<String, String> settings = new LinkedHashMap<>();

  /** Commands on the database with this URL. */
  static CommandRun on(String databaseUrl) {
    return new CommandRun().with("tollgate.database.url", databaseUrl);
  }

  CommandRun with(String setting, String value) {
    settings.put(setting, value);
    return this;
  }

  static String[] join(String[] first, String[] second) {
    return Stream.of(first, second).flatMap(Stream::of).toArray(String[]::new);
  }

  Said run(String... arguments) {
    return runInto(new StringWriter(), arguments);
  }

  /** Runs a command that prints to this writer. */
  Said runInto(Writer out, String... arguments) {
    CommandLine line = Commands.line();
    StringWriter err = new StringWriter();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    String[] given =
        settings.entrySet().stream()
            .map(each -> "-D" + each.getKey() + "=" + each.getValue())
            .toArray(String[]::new);
    try {
      int exit = line.execute(join(arguments, given));
      return new Said(exit, out.toString(), err.toString());
    } finally {
      // The option sets them for the whole process.
      settings.keySet().forEach(System::clearProperty);
    }
  }
}
