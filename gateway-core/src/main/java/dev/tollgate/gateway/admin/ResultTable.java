package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Map;

/** A part of a result that has rows of its own: an array in JSON, a table for people. */
public record ResultTable(@JsonValue List<? extends Map<String, ?>> rows) {
  /** Copies the list. */
  public ResultTable {
    rows = List.copyOf(rows);
  }
}
