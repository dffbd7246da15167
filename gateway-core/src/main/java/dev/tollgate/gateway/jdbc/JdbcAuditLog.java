package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AuditLog;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who changed what, in the database. */
final class JdbcAuditLog implements AuditLog {
  private final Database database;

  JdbcAuditLog(Database database) {
    this.database = database;
  }

  @Override
  public void append(Line line) {
    database.write(
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO audit (id, at, actor, action, project_id, subject, detail)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            Statements.setText(insert, 1, line.id());
            insert.setLong(2, line.at().toEpochMilli());
            Statements.setText(insert, 3, line.actor());
            Statements.setText(insert, 4, line.action());
            Statements.setText(insert, 5, line.projectId());
            Statements.setText(insert, 6, line.subject());
            Statements.setText(insert, 7, line.detail());
            return insert.executeUpdate();
          }
        });
  }

  @Override
  public List<Line> lines(@Nullable String projectId, int limit) {
    return database.read(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT id, at, actor, action, project_id, subject, detail FROM audit"
                      + (projectId == null ? "" : " WHERE project_id = ?")
                      + " ORDER BY at DESC, id DESC LIMIT ?")) {
            int index = 1;
            if (projectId != null) {
              Statements.setText(select, index++, projectId);
            }
            select.setInt(index, limit);
            List<Line> lines = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                lines.add(
                    new Line(
                        row.getString(1),
                        Instant.ofEpochMilli(row.getLong(2)),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7)));
              }
            }
            return lines;
          }
        });
  }
}
