package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AuditLog;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The audit log in the database. */
final class JdbcAuditLog implements AuditLog {
  private static final String SELECT =
      "SELECT id, at, actor, action, project_id, subject, detail FROM audit";
  private static final String NEWEST_FIRST = " ORDER BY at DESC, id DESC LIMIT ?";

  private final Database database;

  JdbcAuditLog(Database database) {
    this.database = database;
  }

  @Override
  public void append(Line line) {
    database.write(
        sql ->
            sql.query(
                    "INSERT INTO audit (id, at, actor, action, project_id, subject, detail)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)")
                .text(line.id())
                .time(line.at())
                .text(line.actor(), line.action(), line.projectId(), line.subject())
                .text(line.detail())
                .update());
  }

  @Override
  public List<Line> lines(@Nullable String projectId, int limit) {
    return database.read(
        sql ->
            (projectId == null
                    ? sql.query(SELECT + NEWEST_FIRST)
                    : sql.query(SELECT + " WHERE project_id = ?" + NEWEST_FIRST).text(projectId))
                .number(limit)
                .list(JdbcAuditLog::line));
  }

  private static Line line(Row row) throws SQLException {
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
