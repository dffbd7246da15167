package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AuditLog;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The audit log in the database. */
record JdbcAuditLog(Database database) implements AuditLog {
  static final String SELECT =
      "SELECT id, at, actor, action, project_id, subject, detail FROM audit";
  private static final String NEWEST_FIRST = " ORDER BY at DESC, id DESC LIMIT ?";

  @Override
  public void append(Line line) {
    database.update(
        "INSERT INTO audit (id, at, actor, action, project_id, subject, detail)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
        query ->
            query
                .text(line.id())
                .time(line.at())
                .text(line.actor(), line.action(), line.projectId(), line.subject())
                .text(line.detail()));
  }

  @Override
  public List<Line> lines(@Nullable String projectId, int limit) {
    return projectId == null
        ? database.list(SELECT + NEWEST_FIRST, query -> query.number(limit), JdbcAuditLog::line)
        : database.list(
            SELECT + " WHERE project_id = ?" + NEWEST_FIRST,
            query -> query.text(projectId).number(limit),
            JdbcAuditLog::line);
  }

  static Line line(Row row) throws SQLException {
    return new Line(
        row.text("id"),
        row.time("at"),
        row.text("actor"),
        row.text("action"),
        row.textOrNull("project_id"),
        row.text("subject"),
        row.text("detail"));
  }
}
