package dev.tollgate.gateway.admin;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes results as CSV (RFC 4180): a line of names, then a line for each result. Stateless. */
public final class Csv {
  private static final Pattern PLAIN = Pattern.compile("[^\",\r\n]*");

  private Csv() {}

  /** Writes the names of the fields. */
  public static void writeNames(Fields fields, Appendable out) throws IOException {
    List<String> names = new ArrayList<>();
    fields.forEach((name, value) -> names.add(name));
    writeLine(names, out);
  }

  /** Writes the values of the fields; null is empty, and a list is separated by commas. */
  public static void writeValues(Fields fields, Appendable out) throws IOException {
    List<String> cells = new ArrayList<>();
    fields.forEach((name, value) -> cells.add(cell(value)));
    writeLine(cells, out);
  }

  private static String cell(@Nullable Object value) {
    if (value instanceof List<?> several) {
      return several.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    return value == null ? "" : value.toString();
  }

  private static void writeLine(List<String> cells, Appendable out) throws IOException {
    out.append(cells.stream().map(Csv::quoted).collect(Collectors.joining(","))).append("\r\n");
  }

  private static String quoted(String cell) {
    return PLAIN.matcher(cell).matches() ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }
}
