package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Tokens;
import java.sql.SQLException;

/** The columns for token counts, which holds and entries have in common. */
final class TokenColumns {
  static final String NAMES =
      "prompt_tokens, cached_tokens, cache_write_tokens, completion_tokens, reasoning_tokens";

  private TokenColumns() {}

  static Tokens read(Row row) throws SQLException {
    return new Tokens(
        row.number("prompt_tokens"),
        row.number("cached_tokens"),
        row.number("cache_write_tokens"),
        row.number("completion_tokens"),
        row.number("reasoning_tokens"));
  }

  /** Sets five parameters, in the order of {@link #NAMES}. */
  static Query set(Query query, Tokens tokens) throws SQLException {
    return query
        .number(tokens.input(), tokens.cached(), tokens.cacheWrite(), tokens.output())
        .number(tokens.reasoning());
  }
}
