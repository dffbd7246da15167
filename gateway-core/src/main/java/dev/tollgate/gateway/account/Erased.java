package dev.tollgate.gateway.account;

/**
 * The number of rows that an erasure found of a project.
 *
 * @param keys its API keys
 * @param entries its ledger entries that had a note or an end user
 * @param requests its requests that had an end user or an idempotency key
 * @param auditLines its lines of the audit log
 */
public record Erased(long keys, long entries, long requests, long auditLines) {}
