package dev.tollgate.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.admin.Csv;
import dev.tollgate.gateway.admin.EntryExport;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.ResultTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Printer of results: one JSON document, or a table for people. */
final class Output {
  /** Message for output that could not be written. */
  static final String FAILURE =
      "the output cannot be written; is the disk full, or was the pipe closed?";

  private final PrintWriter out;
  private final boolean json;
  private final boolean wide;

  Output(PrintWriter out, boolean json, boolean wide) {
    this.out = out;
    this.json = json;
    this.wide = wide;
  }

  /** Prints one result. Each {@link ResultTable} in it comes last. */
  void print(Fields fields) {
    if (json) {
      printJson(fields);
      return;
    }
    Map<String, String> flat = flat(fields);
    List<Map<String, String>> all = List.of(Map.copyOf(flat));
    flat.keySet().removeIf(name -> Columns.isRare(name) && TextTable.isEmpty(name, all));
    int width = flat.keySet().stream().mapToInt(String::length).max().orElse(0);
    flat.forEach((name, value) -> out.println(pad(name, width) + "  " + value));
    fields.forEach(
        (name, value) -> {
          if (value instanceof ResultTable part) {
            out.println();
            out.println(name + ":");
            printRows(part.rows());
          }
        });
    out.flush();
  }

  /** Prints several results of one kind. */
  void print(ResultTable table) {
    if (json) {
      printJson(table);
      return;
    }
    printRows(table.rows());
    out.flush();
  }

  /**
   * Prints CSV (RFC 4180), the names first.
   *
   * @param blank has the fields of each row
   */
  void printCsv(Fields blank, List<Fields> rows) {
    try {
      Csv.writeNames(blank, out);
      for (Fields row : rows) {
        Csv.writeValues(row, out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.flush();
  }

  /**
   * Prints an export while it is read.
   *
   * @throws CliException soon after the output has failed; the rest is not read then
   */
  void print(EntryExport export, EntryExport.Format format) {
    try {
      export.writeTo(new CheckedWriter(out), format);
      out.flush();
    } catch (IOException e) {
      throw new CliException(FAILURE, e);
    }
  }

  /** Whether something that was printed could not be written. Flushes. */
  static boolean hasFailed(PrintWriter out) {
    // The writer of picocli is on System.out, which keeps its errors to itself.
    return out.checkError() || System.out.checkError();
  }

  private void printRows(List<Fields> rows) {
    new TextTable(out, wide).print(rows.stream().map(Output::flat).toList());
  }

  /** The text of each field; a field within a field is named with a dot. */
  private static Map<String, String> flat(Fields fields) {
    Map<String, String> flat = new LinkedHashMap<>();
    fields.forEach(
        (name, value) -> {
          if (value instanceof Fields parts) {
            flat(parts).forEach((part, text) -> flat.put(name + "." + part, text));
          } else if (!(value instanceof ResultTable)) {
            flat.put(name, cell(value));
          }
        });
    return flat;
  }

  /** Formats a value as one line, even if it holds control characters. */
  private static String cell(@Nullable Object value) {
    String text =
        value instanceof List<?> several
            ? several.stream().map(String::valueOf).collect(Collectors.joining(","))
            : String.valueOf(value);
    return value == null || text.isEmpty() ? TextTable.NOTHING : text.replaceAll("\\p{Cntrl}", "?");
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(width - text.length());
  }

  private void printJson(Object document) {
    try {
      // Made here: loading its classes takes 0.04 s, which a table should not wait for.
      out.println(new ObjectMapper().writeValueAsString(document));
      out.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and booleans are always JSON", e);
    }
  }
}
