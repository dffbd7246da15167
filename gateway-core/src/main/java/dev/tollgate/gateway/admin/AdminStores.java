package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.AnsweredRequests;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Reports;

/**
 * The stores of one database, for {@link AdminService}.
 *
 * @param transactions transactions over all the other stores
 */
public record AdminStores(
    KeyAdmin keys,
    Ledger ledger,
    Reports reports,
    UpstreamKeys upstreamKeys,
    AuditLog audit,
    AnsweredRequests requests,
    Transactions transactions) {}
