package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.Erased;
import dev.tollgate.gateway.account.Project;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;

/** The personal data in the rows of one project, within one transaction. */
record PersonalData(SqlSession sql, Project project) {

  /** Removes it, as {@link dev.tollgate.gateway.account.KeyAdmin#eraseProject} says. */
  Erased erase(String name, Instant at, UnaryOperator<AuditLog.Line> audited) throws SQLException {
    sql.allowLongStatements();
    sql.dialect().overwriteDeleted(sql, true);
    try {
      eraseProject(name);
      eraseAnswers();
      update("DELETE FROM idempotency WHERE project_id = ?");
      return new Erased(
          eraseKeys(at),
          update(
              "UPDATE ledger_entry SET note = '', end_user = ''"
                  + " WHERE project_id = ? AND (note <> '' OR end_user <> '')"),
          update(
              "UPDATE hold SET end_user = '', idempotency_key = NULL"
                  + " WHERE project_id = ? AND (end_user <> '' OR idempotency_key IS NOT NULL)"),
          eraseAudit(audited));
    } finally {
      sql.dialect().overwriteDeleted(sql, false);
    }
  }

  private int update(String text) throws SQLException {
    return sql.query(text).text(project.id()).update();
  }

  private void eraseProject(String name) throws SQLException {
    sql.query(
            "UPDATE project SET name = ?, display_name = '', upstream_key = NULL,"
                + " upstream = 'none' WHERE id = ?")
        .text(name, project.id())
        .update();
  }

  private int eraseKeys(Instant at) throws SQLException {
    return sql.query(
            "UPDATE api_key SET name = '', metadata = '', revoked_at = coalesce(revoked_at, ?)"
                + " WHERE project_id = ?")
        .time(at)
        .text(project.id())
        .update();
  }

  /** Every answer that is stored names its project, and some name its keys. */
  private void eraseAnswers() throws SQLException {
    sql.query("DELETE FROM admin_request WHERE replace(answer, ?, '') <> answer")
        .text("\"project_name\":\"" + project.name() + "\"")
        .update();
  }

  private int eraseAudit(UnaryOperator<AuditLog.Line> audited) throws SQLException {
    List<AuditLog.Line> lines =
        sql.query(JdbcAuditLog.SELECT + " WHERE project_id = ?")
            .text(project.id())
            .list(JdbcAuditLog::line);
    for (AuditLog.Line line : lines) {
      AuditLog.Line after = audited.apply(line);
      sql.query("UPDATE audit SET actor = ?, subject = ?, detail = ? WHERE id = ?")
          .text(after.actor(), after.subject(), after.detail(), line.id())
          .update();
    }
    return lines.size();
  }
}
