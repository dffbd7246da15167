package dev.tollgate.gateway.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Base64;

/**
 * The place of an entry in the {@link BookingOrder}. It names the entry, so that a position of
 * another database, or of entries that a restore has lost, is recognised.
 *
 * @param number by which entries are ordered first
 */
record Position(long number, String projectId, String id) {
  // No text of the database contains it.
  private static final String SEPARATOR = "\0";

  /** The position of a row that has the columns {@code number}, {@code project_id}, {@code id}. */
  static Position of(Row row) throws SQLException {
    return new Position(row.number("number"), row.text("project_id"), row.text("id"));
  }

  /**
   * Parses the output of {@link #text}.
   *
   * @throws IllegalArgumentException if {@code text} is no position
   */
  static Position parse(String text) {
    try {
      byte[] parts = Base64.getUrlDecoder().decode(text);
      String[] part = new String(parts, StandardCharsets.UTF_8).split(SEPARATOR, -1);
      if (part.length == 3) {
        return new Position(Long.parseLong(part[0]), part[1], part[2]);
      }
    } catch (IllegalArgumentException e) {
      // Reported below, together with the other malformed texts.
    }
    throw new IllegalArgumentException("must be the position of an entry");
  }

  /** The position as one opaque word. */
  String text() {
    String parts = String.join(SEPARATOR, String.valueOf(number), projectId, id);
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(parts.getBytes(StandardCharsets.UTF_8));
  }
}
