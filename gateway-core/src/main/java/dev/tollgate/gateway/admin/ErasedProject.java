package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Erased;

/**
 * The result of an erasure.
 *
 * @param projectName the project's new name
 * @param rows the number of rows that were erased
 */
public record ErasedProject(String projectName, Erased rows) {}
