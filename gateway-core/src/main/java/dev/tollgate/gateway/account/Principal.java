package dev.tollgate.gateway.account;

/**
 * The caller: a project, identified by one of its keys.
 *
 * @param project the project that pays
 * @param key the key that was presented
 */
public record Principal(Project project, ApiKey key) {}
