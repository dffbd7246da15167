package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Map;

/** The rows of a result: an array in JSON, a table for people. */
public record ResultTable(@JsonValue List<? extends Map<String, ?>> rows) {
  /** Copies the list. */
  public ResultTable {
    rows = List.copyOf(rows);
  }
}
