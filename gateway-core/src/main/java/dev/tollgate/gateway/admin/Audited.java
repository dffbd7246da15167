package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.AuditLog;
import org.jspecify.annotations.Nullable;

/**
 * A line of the audit log.
 *
 * @param projectName the project's name, or its id if the name is unknown; null: no project is
 *     concerned
 */
public record Audited(@Nullable String projectName, AuditLog.Line line) {}
