package dev.tollgate.gateway.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which entries of the ledger are wanted: those that fit every given value.
 *
 * @param projectId null: the entries of all projects
 * @param from the time of the earliest entry; null: no limit
 * @param to the entries are earlier than this time; null: no limit
 * @param kind null: any
 * @param keyId the API key of a charge or its refund; null: any
 * @param model the model that answered; null: any
 * @param endUser the user as recorded, see {@link EndUser}; null: any
 * @param flag a flag of the charge; null: any
 */
public record EntryFilter(
    @Nullable String projectId,
    @Nullable Instant from,
    @Nullable Instant to,
    Entry.@Nullable Kind kind,
    @Nullable String keyId,
    @Nullable String model,
    @Nullable String endUser,
    @Nullable Flag flag) {}
