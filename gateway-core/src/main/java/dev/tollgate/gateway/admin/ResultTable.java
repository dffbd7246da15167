package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.function.Function;

/** The rows of a result: an array in JSON, a table for people. */
public record ResultTable(@JsonValue List<Fields> rows) {
  /** Copies the list. */
  public ResultTable {
    rows = List.copyOf(rows);
  }

  /** A table with a row for each of {@code values}. */
  public static <T> ResultTable of(List<T> values, Function<T, Fields> row) {
    return new ResultTable(values.stream().map(row).toList());
  }
}
